"""Sky, haze, wet road, rain and the finish of a picture."""

from __future__ import annotations

import cv2
import numpy as np

from street_scene.labels import ROAD, SIDEWALK, SKY, TERRAIN
from street_scene.light import Light
from street_scene.noise import Floats, sample, smoothstep, spectral
from street_scene.raster import HEIGHT, SCALE, WIDTH, Bytes, Camera, Canvas
from street_scene.scene import Scene


def blur(picture: Floats, across: float, down: float) -> Floats:
    """Blur a picture (H, W) or (H, W, 3) with these deviations in pixels."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigmaX=across, sigmaY=down, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(soft, np.float32)


def _rays(camera: Camera) -> tuple[Floats, Floats]:
    """Horizontal offset and height over the horizon in pixels, each (360, 640)."""
    cols, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    up = camera.vanish[1] - rows
    up = up * (-1 if camera.mirror else 1)
    return (cols - camera.vanish[0]).astype(np.float32), up.astype(np.float32)


def sky_picture(scene: Scene, camera: Camera, light: Light, clouds: Floats) -> Floats:
    """Paint gradient, glow of the sun and clouds.

    Args:
        scene: The scene.
        camera: Where the sky is seen from.
        light: Colours of the hour.
        clouds: Cloudy tiling noise (512, 512).

    Returns:
        Sky (360, 640, 3), 0-1, filled below the horizon too.
    """
    x, up = _rays(camera)
    up = np.maximum(up, 0.0)
    low, high = np.array(light.hour.horizon, np.float32), np.array(light.hour.zenith, np.float32)
    t = smoothstep(-20, 300, up)[..., None] ** 0.75
    sky = low * (1 - t) + high * t
    depth = np.asarray(9000.0 / (up + 45.0), np.float32)
    u, v = np.asarray(x * depth / 260.0 + 200.0, np.float32), np.asarray(depth * 1.3, np.float32)
    shape = blur(sample(clouds, u, v), 2.0, 1.2)
    above = blur(sample(clouds, u, v + np.float32(9.0)), 3.0, 1.6)
    if light.wet:
        tone = 1.0 + (0.05 * shape + 0.02 * (shape - above)) * smoothstep(0, 150, up)
        return np.asarray(sky * tone[..., None], np.float32)
    edge = 1.15 - 2.0 * scene.clouds
    cover = (smoothstep(edge, edge + 1.3, shape) * smoothstep(2, 90, up) * 0.9)[..., None]
    lit = np.clip(0.93 + 0.10 * (shape - above), 0.74, 1.03)[..., None]
    warm = 0.7 + 0.3 * low / low.max()
    return np.asarray(sky * (1 - cover) + lit * warm * cover, np.float32)


def backdrop(canvas: Canvas, sky: Floats) -> None:
    """Put the sky on the part of a canvas where nothing was painted."""
    size = (WIDTH * SCALE, HEIGHT * SCALE)
    large = np.asarray(cv2.resize(sky, size, interpolation=cv2.INTER_LINEAR), np.float32)
    empty = canvas.inverse == 0
    canvas.rgb[empty] = large[empty]
    canvas.label[empty] = SKY


def haze(canvas: Canvas) -> None:
    """Fade painted pixels into the colour of the horizon with distance."""
    painted = canvas.inverse > 0
    depth = 1.0 / canvas.inverse[painted]
    stay = np.exp(-depth / np.float32(canvas.light.haze))
    stay = stay[:, None].astype(np.float32)
    air = np.array(canvas.light.hour.horizon, np.float32)
    canvas.rgb[painted] = canvas.rgb[painted] * stay + air * (1 - stay)
    canvas.glow[painted] *= stay[:, 0] ** np.float32(0.6)


def shrink(picture: Floats) -> Floats:
    """Average painted pixels down to the finished size (360, 640) or (360, 640, 3)."""
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float32)


def lights_of(canvas: Canvas) -> Floats:
    """Light given off by the things on a canvas, finished size (360, 640, 3)."""
    return shrink(canvas.rgb * canvas.glow[..., None])


def bloom(lights: Floats, strength: float) -> Floats:
    """Spread lights (360, 640, 3) into soft halos."""
    wide = sum(blur(lights, s, s) * w for s, w in ((1.2, 0.5), (4.0, 0.9), (12.0, 1.5), (30.0, 1.6)))
    return np.asarray(wide * np.float32(strength), np.float32)


def _ripple(picture: Floats, noise: Floats, up: Floats) -> Floats:
    """Shake a mirrored picture (360, 640, 3) like the skin of water."""
    cols, rows = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    near = np.clip(-up / 180.0, 0.02, 1.0)
    shift = sample(noise, cols * 2, np.asarray(rows * 6 / (0.4 + near), np.float32)) * near
    moved = cv2.remap(
        picture, cols + shift * 2.5, rows + shift * 4.0, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32)


def wet_ground(picture: Floats, mirror: Floats, lamps: Floats, label: Bytes, scene: Scene, soft: Floats) -> Floats:
    """Lay reflections on the road.

    Args:
        picture: The street (360, 640, 3).
        mirror: The street upside down, seen from the same place, same shape.
        lamps: Light given off in ``mirror``, same shape.
        label: Train ids (360, 640).
        scene: The scene.
        soft: Cloudy tiling noise (512, 512).

    Returns:
        The wet street (360, 640, 3).
    """
    x, up = _rays(scene.camera)
    down = np.maximum(-up, 1.0)
    depth = np.asarray(scene.camera.focal * scene.camera.eye / down, np.float32)
    side = np.asarray(x * depth / scene.camera.focal, np.float32)
    pool = sample(soft, side * 26, depth * 9) + 0.5 * sample(soft, side * 60, depth * 22)
    pool = smoothstep(0.1, 1.2, blur(pool, 2.5, 1.0))
    graze = np.clip(1.0 - down / np.hypot(down, scene.camera.focal), 0.0, 1.0) ** 3
    kind = np.select([label == ROAD, label == SIDEWALK, label == TERRAIN], [1.0, 0.62, 0.0], 0.0)
    kind = blur(kind.astype(np.float32), 0.6, 0.6) * (kind > 0)
    shaken = _ripple(mirror, soft, up)
    smear = 0.5 * blur(shaken, 2.2, 9.0) + 0.5 * blur(shaken, 6.0, 24.0)
    pool3 = pool[..., None]
    image = smear * (1 - 0.75 * pool3) + blur(shaken, 0.7, 2.0) * 0.75 * pool3
    weight = (kind * (0.20 + 0.44 * graze + 0.26 * pool * graze))[..., None]
    streak = blur(lamps, 1.6, 14.0) * 2.6 + blur(lamps, 4.0, 34.0) * 3.0
    wet = picture * (1 - weight) + image * weight + streak * kind[..., None] * (0.35 + 0.4 * graze[..., None])
    return np.asarray(wet, np.float32)


def _streaks(rng: np.random.Generator, count: int, length: float, width: int, slant: float) -> Floats:
    """Draw one layer of falling drops as soft lines (360, 640), 0-1."""
    layer = np.zeros((HEIGHT * 2, WIDTH * 2), np.uint8)
    for _ in range(count):
        x, y = rng.uniform(-40, WIDTH * 2 + 40), rng.uniform(-60, HEIGHT * 2)
        long = length * rng.uniform(0.6, 1.4) * 2
        lean = slant + rng.normal(0, 0.015)
        ends = [(round(x * 8), round(y * 8)), (round((x + lean * long) * 8), round((y + long) * 8))]
        cv2.line(layer, ends[0], ends[1], (int(rng.integers(90, 256)),), width, cv2.LINE_AA, 3)
    small = cv2.resize(layer, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def rain(picture: Floats, rng: np.random.Generator) -> Floats:
    """Let it rain in front of a picture (360, 640, 3): far, middle and near drops."""
    slant = float(rng.normal(0, 0.14))
    force = float(rng.uniform(0.75, 1.3))
    around = blur(picture, 14.0, 14.0)
    bright = np.clip(around * 1.15 + 0.16, 0, 1)
    for count, length, width, soft, share in (
        (900, 8.0, 1, 0.5, 0.26),
        (330, 20.0, 1, 0.6, 0.34),
        (60, 46.0, 2, 0.9, 0.30),
        (9, 90.0, 5, 2.2, 0.22),
    ):
        cover = blur(_streaks(rng, int(count * force), length, width, slant), soft, soft * 1.6)
        cover = np.clip(cover * share, 0, 0.6)[..., None]
        picture = picture * (1 - cover) + bright * cover
    return np.asarray(picture, np.float32)


def splashes(picture: Floats, label: Bytes, scene: Scene, rng: np.random.Generator) -> Floats:
    """Draw rings and spatter where drops hit the ground of a picture (360, 640, 3)."""
    layer = np.zeros((HEIGHT * 2, WIDTH * 2), np.uint8)
    horizon = scene.camera.vanish[1]
    for _ in range(420):
        y = horizon + 12 + (HEIGHT - horizon) * rng.random() ** 0.8
        size = (y - horizon) / 180.0
        place = (round(rng.uniform(0, WIDTH) * 2), round(y * 2))
        radius = rng.uniform(2.0, 9.0) * size
        axes = (max(1, round(radius * 2)), max(1, round(radius * 0.55)))
        cv2.ellipse(layer, place, axes, 0, 0, 360, (int(rng.integers(40, 150)),), 1, cv2.LINE_AA)
    cover = cv2.resize(layer, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    cover *= np.isin(label, (ROAD, SIDEWALK)) * 0.34
    glint = np.clip(blur(picture, 6, 6) * 1.25 + 0.12, 0, 1)
    return np.asarray(picture + (glint - picture) * cover[..., None], np.float32)


def lens_drops(picture: Floats, rng: np.random.Generator) -> Floats:
    """Put a few drops on the lens; each shows a blurred, turned view of a picture (360, 640, 3)."""
    cols, rows = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    for _ in range(int(rng.integers(3, 9))):
        radius = float(rng.uniform(5, 15))
        cx, cy = float(rng.uniform(0, WIDTH)), float(rng.uniform(0, HEIGHT))
        stretch = float(rng.uniform(1.0, 1.35))
        u, v = (cols - cx) / radius, (rows - cy) / (radius * stretch)
        u = u + 0.16 * np.sin(v * 2.3 + cx) + 0.08 * np.sin(v * 5.1 + cy)
        far = np.sqrt(u * u + v * v)
        cover = 1.0 - smoothstep(0.72, 1.08, far)
        bend = 2.6 + 2.2 * far
        soft = blur(picture, 2.4, 2.4)
        from_x, from_y = cols - u * radius * bend, rows - v * radius * bend
        view = cv2.remap(soft, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        rim = 0.10 * smoothstep(0.1, 0.9, v) - 0.13 * smoothstep(0.35, 1.0, -v) * smoothstep(0.3, 1.0, far)
        shown = np.asarray(view, np.float32) + rim[..., None]
        alpha = (cover * 0.82)[..., None]
        picture = picture * (1 - alpha) + shown * alpha
    return np.asarray(picture, np.float32)


def finish(picture: Floats, light: Light, rng: np.random.Generator) -> Bytes:
    """Apply the camera's tone curve and grain.

    Args:
        picture: The street (360, 640, 3), 0 to a little above 1.
        light: The light of the scene.
        rng: Source of the grain.

    Returns:
        Picture (360, 640, 3), uint8, red first.
    """
    tone = np.where(picture < 0.7, picture, 0.7 + 0.3 * np.tanh((picture - 0.7) / 0.3))
    grey = tone.mean(axis=2, keepdims=True)
    tone = grey + (tone - grey) * (0.78 if light.wet else 1.1)
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    tone = tone * (1.0 - 0.07 * (x * x + y * y))[..., None]
    grain = blur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), 0.6, 0.6)
    tone = tone + grain[..., None] * np.float32(0.006)
    return np.asarray(np.clip(np.round(tone * 255.0), 0, 255), np.uint8)


def textures(seed: int) -> tuple[Floats, Floats, Floats]:
    """Make the tiling noises of a scene, each (512, 512): soft, fine, clouds."""
    rng = np.random.default_rng([seed, 1])
    return spectral(rng, 512, 1.4, 4.0), spectral(rng, 512, 0.3), spectral(rng, 512, 1.75, 3.0)
