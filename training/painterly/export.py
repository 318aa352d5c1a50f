"""Writes the trained network as ONNX, compares it with its teacher on pictures held out and on a clip, and draws before and after."""

import argparse
import math
import os

import cv2
import numpy as np
import torch

import pictures
import teacher
from network import Painterly, parameters
from skimage.metrics import structural_similarity

CLIPS = "/usr/share/doc/opencv-doc/examples/data"


class Clamped(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, picture):
        return self.network(picture).clamp(0, 1)


def export(network, path):
    torch.onnx.export(
        Clamped(network), torch.rand(1, 3, 360, 640), path, opset_version=13, input_names=["picture"], output_names=["painting"],
        dynamic_axes={"picture": {2: "height", 3: "width"}, "painting": {2: "height", 3: "width"}})


def runner(network):
    @torch.no_grad()
    def run(picture):
        tensor = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None]
        return network(tensor)[0].clamp(0, 1).numpy().transpose(1, 2, 0)
    return run


def psnr(a, b):
    return -10 * math.log10(float(((a - b) ** 2).mean()))


def whole(picture):
    """Cut to multiples of 8."""
    return np.ascontiguousarray(picture[: picture.shape[0] // 8 * 8, : picture.shape[1] // 8 * 8])


def likeness(run, tell):
    tell("| picture held out | PSNR (dB) | SSIM | of the picture itself: PSNR (dB) | SSIM |\n| --- | --- | --- | --- | --- |")
    rows = []
    for _, folder, file, _, _ in pictures.table():
        if file not in pictures.HELD_OUT:
            continue
        picture = whole(pictures.read(folder, file, 360))
        painting, painted = teacher.paint(picture), run(picture)
        similar = lambda a: structural_similarity(a, painting, channel_axis=2, data_range=1)
        rows.append((file, psnr(painted, painting), similar(painted), psnr(picture, painting), similar(picture)))
    rows.append(("mean", *np.mean([row[1:] for row in rows], axis=0)))
    for file, *values in rows:
        tell(f"| {file} | " + " | ".join(f"{value:.2f}" if i % 2 == 0 else f"{value:.3f}" for i, value in enumerate(values)) + " |")


def frames(clip, count):
    capture = cv2.VideoCapture(os.path.join(CLIPS, clip))
    for _ in range(count):
        is_read, frame = capture.read()
        if not is_read:
            return
        scale = 360 / frame.shape[0]
        frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        yield whole(np.clip(frame[..., ::-1].astype(np.float32) / 255, 0, 1))


def flicker(clip, run, tell, count=60):
    """How much more the painting changes from frame to frame than the picture does, where the picture stands still."""
    still, changes = [], {"picture": [], "teacher": [], "network": []}
    last = None
    for picture in frames(clip, count):
        now = {"picture": picture, "teacher": teacher.paint(picture), "network": run(picture)}
        if last is not None:
            calm = cv2.GaussianBlur(np.abs(picture - last["picture"]).max(axis=2), (0, 0), 5) < 6 / 255
            still.append(calm.mean())
            for name in changes:
                changes[name].append(float(np.abs(now[name] - last[name])[calm].mean() * 255))
        last = now
    means = {name: np.mean(values) for name, values in changes.items()}
    tell(f"| {clip} | {np.mean(still) * 100:.0f} % | {means['picture']:.2f} | {means['teacher']:.2f} | {means['network']:.2f} |")


def noise_flicker(run, tell):
    """The same for a still picture with the noise of a camera, sigma 4 of 255."""
    random = np.random.default_rng(1)
    changes = {"picture": [], "teacher": [], "network": []}
    last = None
    folder, file = pictures.SKIMAGE, "astronaut.png"
    picture = whole(pictures.read(folder, file, 360))
    for _ in range(12):
        noisy = np.clip(picture + random.normal(0, 4 / 255, picture.shape).astype(np.float32), 0, 1)
        now = {"picture": noisy, "teacher": teacher.paint(noisy), "network": run(noisy)}
        if last is not None:
            for name in changes:
                changes[name].append(float(np.abs(now[name] - last[name]).mean() * 255))
        last = now
    means = {name: np.mean(values) for name, values in changes.items()}
    tell(f"| {file} with noise | 100 % | {means['picture']:.2f} | {means['teacher']:.2f} | {means['network']:.2f} |")


def draw(run, folder):
    os.makedirs(folder, exist_ok=True)
    for name, source, file in (("astronaut", pictures.SKIMAGE, "astronaut.png"), ("chelsea", pictures.SKIMAGE, "chelsea.png"), ("city", pictures.ENDLESS_SKY, "land/city4.jpg")):
        picture = whole(pictures.read(source, file, 360))[:, :480]
        both = np.hstack([picture, run(whole(pictures.read(source, file, 360)))[:, :480]])
        cv2.imwrite(os.path.join(folder, f"painterly-{name}.jpg"), (both[..., ::-1] * 255 + 0.5).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--network", default="painterly.pt")
    arguments.add_argument("--onnx", default="../../models/painterly.onnx")
    arguments.add_argument("--pictures", default="../../docs/images")
    arguments.add_argument("--report", default="report.md")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    network = Painterly()
    saved = torch.load(options.network)
    network.load_state_dict(saved["network"])
    network.eval()
    export(network, options.onnx)
    run = runner(network)
    draw(run, options.pictures)
    with open(options.report, "w", encoding="utf-8") as file:
        def tell(line):
            print(line, flush=True)
            file.write(line + "\n")
        tell(f"{parameters(network)} parameters after {saved['step']} steps.\n\n## Likeness to the teacher\n")
        likeness(run, tell)
        tell("\n## Steadiness\n\nMean change from frame to frame where the picture stands still, of 255:\n\n| clip | still | picture | teacher | network |\n| --- | --- | --- | --- | --- |")
        flicker("vtest.avi", run, tell)
        flicker("Megamind.avi", run, tell)
        noise_flicker(run, tell)


if __name__ == "__main__":
    main()
