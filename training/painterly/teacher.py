"""The teacher: a classical painting filter, much too slow for live video.

A generalised Kuwahara filter (each pixel takes the mean of the calmest of eight sectors around it), then smoothing along the
directions of the picture (line integral convolution over the structure tensor), which draws the areas out into strokes, then a
little more contrast across the strokes and more colour. Pictures are float32 RGB, 0 to 1, of about 360 lines.
"""

import cv2
import numpy as np

SECTORS = 8
RADIUS = 4
SHARPNESS = 8.0
STROKE_STEPS = 6
SATURATION = 1.4
CONTRAST = 1.1


def _sector_kernels():
    axis = np.arange(-RADIUS, RADIUS + 1, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    distance = np.hypot(x, y)
    falloff = np.exp(-(distance ** 2) / (2 * (RADIUS / 2.0) ** 2)) * (distance <= RADIUS + 0.5)
    angle = np.arctan2(y, x)
    kernels = []
    for sector in range(SECTORS):
        away = np.angle(np.exp(1j * (angle - sector * 2 * np.pi / SECTORS)))
        weight = np.exp(-(away ** 2) / (2 * (np.pi / SECTORS) ** 2)) * falloff
        weight[RADIUS, RADIUS] = falloff[RADIUS, RADIUS] / SECTORS
        kernels.append((weight / weight.sum()).astype(np.float32))
    return kernels


_KERNELS = _sector_kernels()


def _kuwahara(picture):
    total = np.zeros_like(picture)
    weights = np.zeros(picture.shape[:2] + (1,), np.float32)
    for kernel in _KERNELS:
        mean = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
        square = cv2.filter2D(picture * picture, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
        deviation = np.sqrt(np.maximum(square - mean * mean, 0)).sum(axis=2, keepdims=True)
        weight = 1.0 / (1.0 + (255.0 / 3 * deviation) ** (SHARPNESS / 2))
        total += mean * weight
        weights += weight
    return total / weights


def _directions(picture):
    """Unit vectors along the edges."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    blur = lambda plane: cv2.GaussianBlur(plane, (0, 0), 3.0)
    xx, xy, yy = blur(gx * gx), blur(gx * gy), blur(gy * gy)
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    return -np.sin(across), np.cos(across)


def _along(picture, steps):
    """The mean of each pixel's stroke: the line through it that follows the directions."""
    height, width = picture.shape[:2]
    dx, dy = _directions(picture)
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    total, count = picture.copy(), 1.0
    for sign in (1.0, -1.0):
        x, y = grid_x.copy(), grid_y.copy()
        last_x, last_y = sign * dx, sign * dy
        for step in range(1, steps + 1):
            weight = np.exp(-(step ** 2) / (2 * (steps / 2.0) ** 2))
            x, y = x + last_x, y + last_y
            total += weight * cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            count += weight
            next_x = cv2.remap(dx, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
            next_y = cv2.remap(dy, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
            turn = np.where(next_x * last_x + next_y * last_y < 0, -1.0, 1.0).astype(np.float32)
            last_x, last_y = next_x * turn, next_y * turn
    return (total / count).astype(np.float32)


def paint(picture):
    """The painting of a picture."""
    painted = _along(_kuwahara(picture), STROKE_STEPS)
    painted = painted + 0.6 * (painted - cv2.GaussianBlur(painted, (0, 0), 2.5))
    grey = cv2.cvtColor(np.clip(painted, 0, 1), cv2.COLOR_RGB2GRAY)[..., None]
    painted = grey + SATURATION * (painted - grey)
    painted = 0.5 + CONTRAST * (painted - 0.5)
    return np.clip(painted, 0, 1).astype(np.float32)
