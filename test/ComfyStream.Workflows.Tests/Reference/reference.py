"""What the nodes for pictures and masks should give, computed plainly in floats: numpy, scipy and PIL (Debian's python3-numpy,
python3-scipy, python3-pil). Written from what ComfyUI's nodes do, independently of the C# code, which is held against it.

Serves requests on its standard input until it ends: a line of JSON {"node", "settings", "format", "bt709", "inputs": [shape, ...]},
then the inputs as 32-bit floats. Pictures are 0 to 255 (in I420 three arrays, Y, U, V), masks 0 to 1. Answers likewise: a line with
the shapes of the outputs, then their values; or with the text of an error.
"""
import json
import math
import sys
import traceback

import numpy as np
from PIL import Image
from scipy import ndimage

NODES = {}

# The request that is being served.
SERVED = {}


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


@node
def ImageBlend(image1, image2, blend_factor, blend_mode):
    a = image1[..., :3]
    b = image2[..., :3]
    if a.shape != b.shape:
        b = upscale(b, a.shape[1], a.shape[0], 'bicubic', 'center')
    if blend_mode == 'normal':
        blend = b
    elif blend_mode == 'multiply':
        blend = a * b
    elif blend_mode == 'screen':
        blend = a + b - a * b
    elif blend_mode == 'overlay':
        blend = np.where(a <= 0.5, 2 * a * b, 2 * (a + b - a * b) - 1)
    elif blend_mode == 'soft_light':
        towards = np.where(a <= 0.25, 16 * a ** 3 - 12 * a ** 2 + 4 * a, np.sqrt(np.maximum(a, 0)))
        blend = np.where(b <= 0.5, a - (1 - 2 * b) * (a - a * a), a + (2 * b - 1) * (towards - a))
    else:
        blend = a - b
    result = a + (blend - a) * blend_factor
    return np.dstack([result, image1[..., 3:]])


@node
def ImageQuantize(image, colors, dither):
    """PIL's own; palettes are a matter of taste, so C# compares only how far they are from the picture."""
    pixels = Image.fromarray((image[..., :3] * 255 + 0.5).astype(np.uint8), 'RGB')
    palette = pixels.quantize(colors=colors)
    count = len(set(np.array(palette).flat))

    # What is left of 256 places is black otherwise, and one colour more.
    found = palette.getpalette()[:3 * count]
    palette.putpalette(found + found[:3] * (256 - count))
    if dither == 'floyd-steinberg':
        result = pixels.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    elif dither == 'none':
        result = pixels.quantize(palette=palette, dither=Image.Dither.NONE)
    else:
        pattern = np.zeros((1, 1))
        while pattern.shape[0] < int(dither.split('-')[1]):
            q = (2 * pattern.shape[0]) ** 2
            pattern = pattern * q
            pattern = np.block([[pattern - 1.5, pattern + 0.5], [pattern + 1.5, pattern - 0.5]]) / q
        pattern = 2 * 256 / count * pattern + 0.5
        height, width = image.shape[:2]
        tiled = np.tile(pattern, (height // len(pattern) + 1, width // len(pattern) + 1))[:height, :width, None]
        shifted = Image.fromarray(np.clip(np.array(pixels) + tiled, 0, 255).astype(np.uint8), 'RGB')
        result = shifted.quantize(palette=palette, dither=Image.Dither.NONE)
    return np.dstack([np.array(result.convert('RGB')) / 255, image[..., 3:]])


@node
def EmptyImage(width, height, batch_size, color):
    return np.full((height, width, 3), [color >> 16, color >> 8 & 255, color & 255]) / 255


@node
def ImageColorToMask(image, color):
    red, green, blue = np.moveaxis(np.round(image[..., :3] * 255).astype(int), -1, 0)
    return (red * 65536 + green * 256 + blue == color).astype(float)


# Filters

def gaussian(image, radius, sigma):
    """A Gaussian that ends at a radius; outside the picture is mirrored without its outermost pixels."""
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-x * x / (2 * sigma * sigma))
    weights /= weights.sum()
    for axis in (0, 1):
        image = ndimage.convolve1d(image, weights, axis=axis, mode='mirror')
    return image


@node
def ImageBlur(image, blur_radius, sigma):
    return gaussian(image, blur_radius, sigma * blur_radius)


@node
def ImageSharpen(image, sharpen_radius, sigma, alpha):
    return image + 10 * alpha * (image - gaussian(image, sharpen_radius, sigma * sharpen_radius))


@node
def Canny(image, low_threshold, high_threshold):
    smooth = gaussian(image[..., :3] @ weights(SERVED['format'] == 'I420' and SERVED['bt709']), 2, 1)
    gx = ndimage.sobel(smooth, 1, mode='nearest')
    gy = ndimage.sobel(smooth, 0, mode='nearest')
    steepness = np.sqrt(gx * gx + gy * gy + 1e-6)
    sector = np.round(np.arctan2(gy, gx) / (math.pi / 4)).astype(int) % 4
    padded = np.pad(steepness, 1)
    height, width = steepness.shape

    def neighbour(dy, dx):
        return padded[1 + dy:1 + dy + height, 1 + dx:1 + dx + width]

    steps = [(0, 1), (1, 1), (1, 0), (1, -1)]
    ahead = np.choose(sector, [neighbour(dy, dx) for dy, dx in steps])
    behind = np.choose(sector, [neighbour(-dy, -dx) for dy, dx in steps])
    ridge = np.where((steepness > ahead) & (steepness > behind), steepness, 0)
    labels, count = ndimage.label(ridge > low_threshold, np.ones((3, 3)))
    strong = np.unique(labels[ridge > high_threshold])
    edges = np.isin(labels, strong[strong > 0]).astype(float)
    return np.repeat(edges[..., None], 3, 2)


@node
def Morphology(image, operation, kernel_size):
    """The square reaches one pixel farther to the left and up than to the right and down when its side is even."""
    def over(function, worst, image):
        before = kernel_size // 2
        after = kernel_size - 1 - before
        padded = np.pad(image, ((before, after), (before, after), (0, 0)), constant_values=worst)
        for axis in (0, 1):
            padded = function(np.lib.stride_tricks.sliding_window_view(padded, kernel_size, axis), -1)
        return padded

    def erode(image):
        return over(np.min, 2, image)

    def dilate(image):
        return over(np.max, -1, image)

    return {
        'erode': erode,
        'dilate': dilate,
        'open': lambda image: dilate(erode(image)),
        'close': lambda image: erode(dilate(image)),
        'gradient': lambda image: dilate(image) - erode(image),
        'top_hat': lambda image: image - dilate(erode(image)),
        'bottom_hat': lambda image: erode(dilate(image)) - image,
    }[operation](image)


# Pictures laid over one another

def stretch(mask, width, height):
    return upscale(mask[..., None], width, height, 'bilinear')[..., 0]


@node
def ImageCompositeMasked(destination, source, mask, x, y, resize_source):
    height, width = destination.shape[:2]
    if resize_source:
        source = upscale(source, width, height, 'bilinear')
    channels = destination.shape[2]
    if source.shape[2] < channels:
        source = np.dstack([source, np.ones(source.shape[:2])])
    source = source[..., :channels]
    mask = np.ones(source.shape[:2]) if mask is None else stretch(mask, source.shape[1], source.shape[0])
    source, mask = source[:max(0, height - y), :max(0, width - x)], mask[:max(0, height - y), :max(0, width - x), None]
    result = destination.copy()
    part = result[y:y + source.shape[0], x:x + source.shape[1]]
    part[...] = mask * source + (1 - mask) * part
    return result


@node
def SplitImageWithAlpha(image):
    return image[..., :3], 1 - image[..., 3] if image.shape[2] > 3 else np.zeros(image.shape[:2])


@node
def JoinImageWithAlpha(image, alpha):
    return np.dstack([image[..., :3], 1 - stretch(alpha, image.shape[1], image.shape[0])])


@node
def Composite(foregrounds, backgrounds, foreground_masks, mode):
    height, width = foregrounds.shape[:2]
    if backgrounds.shape[:2] != (height, width):
        backgrounds = upscale(backgrounds, width, height, 'bilinear')
    mask = stretch(foreground_masks, width, height)[..., None]
    return foregrounds[..., :3] * mask + backgrounds[..., :3] * (1 - mask)


@node
def BackgroundColor(images, color):
    return np.broadcast_to([float(color == 'red'), float(color == 'green'), float(color == 'blue')], images.shape[:2] + (3,))


@node
def GaussianBlur(images, kernel_size, sigma, mode):
    return gaussian(images, kernel_size // 2, sigma)


# Masks

@node
def SolidMask(value, width, height):
    return np.full((height, width), value)


@node
def InvertMask(mask):
    return 1 - mask


@node
def ThresholdMask(mask, value):
    return (mask > np.float32(value)).astype(float)


@node
def CropMask(mask, x, y, width, height):
    return mask[y:y + height, x:x + width]


@node
def FeatherMask(mask, left, top, right, bottom):
    height, width = mask.shape
    y, x = np.mgrid[:height, :width]
    for distance, feather, length in ((x, left, width), (width - 1 - x, right, width), (y, top, height), (height - 1 - y, bottom, height)):
        feather = min(feather, length)
        if feather:
            mask = mask * np.minimum(1, (distance + 1) / feather)
    return mask


@node
def GrowMask(mask, expand, tapered_corners):
    footprint = ndimage.generate_binary_structure(2, 1 if tapered_corners else 2)
    function = ndimage.grey_erosion if expand < 0 else ndimage.grey_dilation
    for _ in range(min(abs(expand), sum(mask.shape))):
        mask = function(mask, footprint=footprint)
    return mask


@node
def MaskComposite(destination, source, x, y, operation):
    result = destination.copy()
    part = result[y:y + source.shape[0], x:x + source.shape[1]]
    source = source[:part.shape[0], :part.shape[1]]
    first, second = np.round(part) > 0, np.round(source) > 0
    part[...] = {
        'multiply': part * source,
        'add': part + source,
        'subtract': part - source,
        'and': first & second,
        'or': first | second,
        'xor': first ^ second,
    }[operation]
    return np.clip(result, 0, 1)


@node
def MaskToImage(mask):
    return np.repeat(mask[..., None], 3, 2)


@node
def ImageToMask(image, channel):
    return image[..., ('red', 'green', 'blue', 'alpha').index(channel)]


# Serving

def run(request, arrays):
    SERVED.update(request)
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
        try:
            answer = [np.ascontiguousarray(array, np.float32) for array in run(request, arrays)]
        except Exception:
            target.write(json.dumps(traceback.format_exc()).encode() + b'\n')
            target.flush()
            continue
        target.write(json.dumps([array.shape for array in answer]).encode() + b'\n')
        for array in answer:
            target.write(array.tobytes())
        target.flush()


if __name__ == '__main__':
    main()
