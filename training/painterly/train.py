"""Trains the student to paint as the teacher does, steadily from picture to picture. See README.md."""

import argparse
import copy
import math
import os
import time

import cv2
import numpy as np
import torch
from torch.nn import functional

import pictures
import teacher
from network import Painterly, parameters

SEED = 20261123
PATCH = 160
SHIFT = 7
BATCH = 6
STEADINESS = 0.5
GRADIENT = 1.0


def paint_all(log):
    """Each training picture at some sizes and in some colours, with its painting, as bytes."""
    random = np.random.default_rng(SEED)
    pairs = []
    for _, folder, file, _, _ in pictures.table():
        if file in pictures.HELD_OUT:
            continue
        for lines in (270, 400):
            picture = pictures.read(folder, file, lines)[:, : 2 * lines]
            if random.random() < 0.75:
                gain = random.uniform(0.75, 1.2, 3).astype(np.float32) * np.float32(random.uniform(0.8, 1.15))
                picture = np.clip(picture, 0, 1) ** np.float32(random.uniform(0.75, 1.35)) * gain
                grey = picture.mean(axis=2, keepdims=True)
                picture = grey + np.float32(random.uniform(0.5, 1.3)) * (picture - grey)
            picture = np.clip(picture, 0, 1).astype(np.float32)
            painting = teacher.paint(picture)
            pairs.append((to_bytes(picture), to_bytes(painting)))
    log(f"{len(pairs)} pictures painted by the teacher, {sum(a.nbytes for a, _ in pairs) * 2 >> 20} MiB")
    return pairs


def to_bytes(picture):
    return (picture * 255 + 0.5).astype(np.uint8)


def batch(pairs, random):
    """Patches with a margin, their paintings, turned and mirrored at random."""
    xs, ys = [], []
    size = PATCH + SHIFT
    for _ in range(BATCH):
        x, y = pairs[random.integers(len(pairs))]
        top, left = random.integers(x.shape[0] - size + 1), random.integers(x.shape[1] - size + 1)
        x, y = x[top : top + size, left : left + size], y[top : top + size, left : left + size]
        turns, mirror = random.integers(4), random.random() < 0.5
        x, y = np.rot90(x, turns), np.rot90(y, turns)
        if mirror:
            x, y = x[:, ::-1], y[:, ::-1]
        xs.append(np.ascontiguousarray(x.transpose(2, 0, 1)))
        ys.append(np.ascontiguousarray(y.transpose(2, 0, 1)))
    scale = lambda arrays: torch.from_numpy(np.stack(arrays)).float() / 255
    return scale(xs), scale(ys)


def likeness(painted, target):
    """Mean absolute difference, of pixels and of the steps between them: the second keeps strokes crisp."""
    across = (painted.diff(dim=3) - target.diff(dim=3)).abs().mean()
    down = (painted.diff(dim=2) - target.diff(dim=2)).abs().mean()
    return (painted - target).abs().mean() + GRADIENT * (across + down)


def cut(tensor, top, left):
    return tensor[:, :, top : top + PATCH, left : left + PATCH]


def step_loss(network, x, y, random, generator):
    """The painting of a patch, of the same patch moved and with noise, and the difference of the two where they overlap."""
    top, left = int(random.integers(SHIFT + 1)), int(random.integers(SHIFT + 1))
    still = network(cut(x, 0, 0))
    moved_input = cut(x, top, left)
    noise = torch.randn(moved_input.shape, generator=generator) * random.uniform(0, 0.035)
    moved = network(moved_input + noise + random.uniform(-0.01, 0.01))
    edge = 16
    a = still[:, :, top + edge : PATCH - edge, left + edge : PATCH - edge]
    b = moved[:, :, edge : edge + a.shape[2], edge : edge + a.shape[3]]
    return likeness(still, cut(y, 0, 0)) + likeness(moved, cut(y, top, left)), (a - b).abs().mean()


@torch.no_grad()
def judge(network, held_out):
    """Mean PSNR in dB against the teacher on the pictures held out."""
    network.eval()
    psnr = []
    for picture, painting in held_out:
        painted = network(picture).clamp(0, 1)
        psnr.append(-10 * math.log10(float(functional.mse_loss(painted, painting))))
    network.train()
    return sum(psnr) / len(psnr)


def held_out_pairs():
    result = []
    for _, folder, file, _, _ in pictures.table():
        if file in pictures.HELD_OUT:
            picture = pictures.read(folder, file, 360)
            picture = np.ascontiguousarray(picture[:, : min(640, picture.shape[1] // 8 * 8)])
            tensor = lambda array: torch.from_numpy(array.transpose(2, 0, 1).copy())[None]
            result.append((tensor(picture), tensor(teacher.paint(picture))))
    return result


def save(path, network, step):
    torch.save({"step": step, "network": network.state_dict()}, path + ".part")
    os.replace(path + ".part", path)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=20000)
    arguments.add_argument("--out", default="painterly.pt")
    arguments.add_argument("--log", default="training.log")
    options = arguments.parse_args()

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED + 1)
    generator = torch.Generator().manual_seed(SEED + 2)

    with open(options.log, "w", encoding="utf-8") as file:
        def log(line):
            print(line, flush=True)
            file.write(line + "\n")
            file.flush()

        pairs = paint_all(log)
        held_out = held_out_pairs()
        network = Painterly()
        average = copy.deepcopy(network)
        log(f"seed {SEED}, {parameters(network)} parameters, {options.steps} steps, batch {BATCH}, patch {PATCH}, torch {torch.__version__}")
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / options.steps))))
        likenesses, steadinesses, cpu = [], [], time.process_time()
        for step in range(1, options.steps + 1):
            x, y = batch(pairs, random)
            alike, steady = step_loss(network, x, y, random, generator)
            optimizer.zero_grad(set_to_none=True)
            (alike + STEADINESS * steady).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                decay = min(0.998, step / (step + 20))
                for mean, new in zip(average.parameters(), network.parameters()):
                    mean.lerp_(new, 1 - decay)
            likenesses.append(alike.item())
            steadinesses.append(steady.item())
            if step % 250 == 0 or step == options.steps:
                log(f"step {step}: likeness {np.mean(likenesses):.4f}, steadiness {np.mean(steadinesses):.4f}, held out {judge(average, held_out):.2f} dB, "
                    f"learning rate {schedule.get_last_lr()[0]:.5f}, CPU {time.process_time() - cpu:.0f} s")
                likenesses.clear()
                steadinesses.clear()
                save(options.out, average, step)


if __name__ == "__main__":
    main()
