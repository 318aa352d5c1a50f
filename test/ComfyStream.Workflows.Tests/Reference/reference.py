"""What the nodes for pictures and masks should give, computed plainly in floats: numpy, scipy and PIL (Debian's python3-numpy,
python3-scipy, python3-pil). Written from what ComfyUI's nodes do, independently of the C# code, which is held against it.

Serves requests on its standard input until it ends: a line of JSON {"node", "settings", "format", "bt709", "inputs": [shape, ...]},
then the inputs as 32-bit floats. Pictures are 0 to 255 (in I420 three arrays, Y, U, V), masks 0 to 1. Answers likewise: a line with
the shapes of the outputs, then their values.
"""
import json
import math
import sys

import numpy as np
from PIL import Image
from scipy import ndimage

NODES = {}


def node(function):
    NODES[function.__name__] = function
    return function


# Colours: I420 is limited range, chroma in the middle of four pixels, repeated for them and averaged on the way back.

def weights(bt709):
    return (0.2126, 0.7152, 0.0722) if bt709 else (0.299, 0.587, 0.114)


def to_rgb(planes, bt709):
    y, u, v = (plane.astype(np.float64) for plane in planes)
    r, g, b = weights(bt709)
    y = (y - 16) / 219
    u, v = (np.repeat(np.repeat((plane - 128) / 224, 2, 0), 2, 1) for plane in (u, v))
    red = y + 2 * (1 - r) * v
    blue = y + 2 * (1 - b) * u
    return np.stack([red, (y - r * red - b * blue) / g, blue], -1)


def to_planes(image, bt709):
    r, g, b = weights(bt709)
    y = image[..., 0] * r + image[..., 1] * g + image[..., 2] * b
    u = (image[..., 2] - y) / (2 * (1 - b))
    v = (image[..., 0] - y) / (2 * (1 - r))
    height, width = y.shape

    def halve(plane):
        return plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3))

    return [16 + 219 * y, 128 + 224 * halve(u), 128 + 224 * halve(v)]


# Scaling

def axis_matrix(method, length, target):
    """One row for each new place, with the weights of the old ones."""
    matrix = np.zeros((target, length))
    scale = length / target
    for i in range(target):
        if method == 'nearest-exact':
            matrix[i, min(length - 1, int((i + 0.5) * scale))] = 1
        elif method == 'bilinear':
            at = max(0.0, (i + 0.5) * scale - 0.5)
            left = min(int(at), length - 1)
            matrix[i, left] += 1 - (at - left)
            matrix[i, min(left + 1, length - 1)] += at - left
        elif method == 'area':
            first, last = i * length // target, -(-(i + 1) * length // target)
            matrix[i, first:last] = 1 / (last - first)
        elif method == 'bicubic':
            at = (i + 0.5) * scale - 0.5
            left = math.floor(at)
            t = at - left
            a = -0.75
            for k, x in ((-1, 1 + t), (0, t), (1, 1 - t), (2, 2 - t)):
                weight = (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 if x <= 1 else a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a
                matrix[i, min(max(left + k, 0), length - 1)] += weight
    return matrix


def upscale(image, width, height, method, crop='disabled'):
    old_height, old_width = image.shape[:2]
    if crop == 'center':
        x = y = 0
        old, new = old_width / old_height, width / height
        if old > new:
            x = round((old_width - old_width * (new / old)) / 2)
        elif old < new:
            y = round((old_height - old_height * (old / new)) / 2)
        image = image[y:old_height - y, x:old_width - x]
    if method == 'lanczos':
        channels = [np.array(Image.fromarray(image[..., c].astype(np.float32), 'F').resize((width, height), Image.Resampling.LANCZOS))
                    for c in range(image.shape[2])]
        return np.stack(channels, -1)
    rows = axis_matrix(method, image.shape[0], height)
    columns = axis_matrix(method, image.shape[1], width)
    return np.einsum('yi,ijc,xj->yxc', rows, image, columns, optimize=True)


@node
def ImageScale(image, upscale_method, width, height, crop):
    if width == 0 and height == 0:
        return image
    if width == 0:
        width = max(1, round(image.shape[1] * height / image.shape[0]))
    elif height == 0:
        height = max(1, round(image.shape[0] * width / image.shape[1]))
    return upscale(image, width, height, upscale_method, crop)


@node
def ImageScaleBy(image, upscale_method, scale_by):
    return upscale(image, max(1, round(image.shape[1] * scale_by)), max(1, round(image.shape[0] * scale_by)), upscale_method)


@node
def ImageScaleToTotalPixels(image, upscale_method, megapixels, resolution_steps):
    factor = math.sqrt(megapixels * 1024 * 1024 / (image.shape[0] * image.shape[1]))
    width, height = (max(1, round(side * factor / resolution_steps)) * resolution_steps for side in (image.shape[1], image.shape[0]))
    return upscale(image, width, height, upscale_method)


# Places

@node
def ImageCrop(image, width, height, x, y):
    x, y = min(x, image.shape[1] - 1), min(y, image.shape[0] - 1)
    return image[y:y + height, x:x + width]


@node
def ImageFlip(image, flip_method):
    return np.flipud(image) if flip_method[0] == 'x' else np.fliplr(image)


@node
def ImageRotate(image, rotation):
    return np.rot90(image, ('none', '90 degrees', '180 degrees', '270 degrees').index(rotation), axes=(1, 0))


@node
def ImagePadForOutpaint(image, left, top, right, bottom, feathering):
    height, width = image.shape[:2]
    padded = np.pad(image, ((top, bottom), (left, right), (0, 0)), constant_values=0.5)
    inside = np.zeros((height, width))
    if feathering > 0 and feathering * 2 < height and feathering * 2 < width:
        y, x = np.mgrid[:height, :width]
        distance = np.full((height, width), 10.0 ** 9)
        for wanted, to_edge in ((top, y), (bottom, height - y), (left, x), (right, width - x)):
            if wanted:
                distance = np.minimum(distance, to_edge)
        inside = np.clip((feathering - distance) / feathering, 0, None) ** 2
    return padded, np.pad(inside, ((top, bottom), (left, right)), constant_values=1)


# Colours

@node
def ImageInvert(image):
    return 1 - image


# Serving

def run(request, arrays):
    is_i420 = request['format'] == 'I420'
    given, at = [], 0
    for kind in request['kinds']:
        if kind == 'picture' and is_i420:
            given.append(to_rgb(arrays[at:at + 3], request['bt709']))
            at += 3
        elif kind == 'none':
            given.append(None)
        else:
            given.append(arrays[at].astype(np.float64) / (255 if kind == 'picture' else 1))
            at += 1

    outputs = NODES[request['node']](*given, **request['settings'])
    answer = []
    for output in outputs if isinstance(outputs, tuple) else (outputs,):
        if output.ndim == 2:
            answer.append(output)
        elif is_i420:
            answer += to_planes(np.clip(output, 0, 1), request['bt709'])
        else:
            answer.append(np.clip(output, 0, 1) * 255)
    return answer


def main():
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        request = json.loads(line)
        arrays = [np.frombuffer(source.read(4 * math.prod(shape)), np.float32).reshape(shape) for shape in request['shapes']]
        answer = [np.ascontiguousarray(array, np.float32) for array in run(request, arrays)]
        target.write(json.dumps([array.shape for array in answer]).encode() + b'\n')
        for array in answer:
            target.write(array.tobytes())
        target.flush()


if __name__ == '__main__':
    main()
