"""Everything the beam passes in a frontal chest film, as attenuation."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tests.drawn.anatomy import CLAVICLE, SIDES, SIGN, Abnormality, Anatomy, Mask, Side
from tests.drawn.shapes import Array, Grid, closed_curve, draw_tree, open_curve


@dataclass
class Layers:
    """Everything the beam passes, each as attenuation on a half-size grid."""

    anatomy: Anatomy
    grid: Grid
    random: np.random.Generator
    abnormality: Abnormality
    extent: float
    abnormal_area: Array | None = None

    def total(self) -> Array:
        cavities = {side: self.grid.mask(self.anatomy.hemithorax(side)) for side in SIDES}
        self.heart = self.grid.mask(self.anatomy.heart())
        self.middle = self.grid.mask(self.anatomy.mediastinum())
        self.air = {side: self.grid.dome(mask, 0.13) for side, mask in cavities.items()}
        body, body_mask = self._body()
        lungs = self.air["right"] + self.air["left"]
        image = body - 0.5 * self.grid.blur(lungs, 0.0012) * (0.35 + 0.65 * body)
        image += self._central() + self._bones(body_mask) + self._vessels(lungs)
        image += self._abdomen(body_mask, cavities)
        image += 0.008 * self.grid.noise(self.random, 0.01) * lungs
        return self.grid.blur(np.asarray(image + self._abnormal(cavities), np.float32), 0.0006)

    def _body(self) -> tuple[Array, Array]:
        a = self.anatomy
        left = [(0.24, -0.4), (0.27, -0.17), (0.5, -0.12), (0.95, -0.07), (1.3, 0.04), (1.5, 0.3), (1.3, 0.42)]
        lower = [(1.2, 0.55), (1.17, 0.75), (1.15, 1.0), (1.17, 1.3), (1.15, 1.6)]
        outline = [a.at(u, v) for u, v in left + lower] + [a.at(-u, v) for u, v in reversed(left + lower)]
        mask = self.grid.fill(np.asarray(closed_curve(outline)))
        thickness = self.grid.dome(mask, 0.26)
        return self.grid.blur(0.17 * mask + 0.5 * thickness + self._chest_wall(mask), 0.004), self.grid.blur(
            mask, 0.002
        )

    def _chest_wall(self, mask: Array) -> Array:
        """Pectoral muscles or breasts: faint, wide, ending in a soft lower edge."""
        strength = self.random.uniform(0.02, 0.07)
        total = np.zeros_like(mask)
        for s in (-1, 1):
            v = self.random.uniform(0.62, 0.74)
            fold = [(0.25, v), (0.45, v + 0.1), (0.75, v + 0.1), (1.0, v - 0.08), (0.95, 0.3), (0.6, 0.2), (0.3, 0.35)]
            total += strength * self.grid.blur(
                self.grid.fill(closed_curve([self.anatomy.at(s * u, w) for u, w in fold])), 0.008
            )
        return np.asarray(total * mask + 0.008 * self.grid.noise(self.random, 0.06) * mask, np.float32)

    def _central(self) -> Array:
        g, a = self.grid, self.anatomy
        heart = 0.33 * g.blur(g.dome(self.heart, 0.1), 0.0022)
        middle = 0.24 * g.blur(g.dome(self.middle, 0.035), 0.003)
        spine = 0.1 * self._band(0.0, 0.125, (-0.4, 1.6), 0.006)
        trachea = 0.14 * self._band(-0.015, 0.05, (-0.4, 0.36), 0.004)
        for side, drop in zip(SIDES, (0.09, 0.07), strict=True):
            s = SIGN[side]
            line = open_curve([a.at(0.0, 0.34), a.at(0.1 * s, 0.36 + drop / 2), a.at(0.24 * s, 0.36 + drop)])
            trachea += 0.07 * g.blur(g.tube(line, 0.011, edge=0.0), 0.002)
        return np.asarray(
            np.maximum(heart, middle) + 0.3 * np.minimum(heart, middle) + spine - trachea + self._vertebrae(),
            np.float32,
        )

    def _band(self, u: float, half: float, span: tuple[float, float], soft: float) -> Array:
        a = self.anatomy
        (x0, y0), (x1, y1) = a.at(u, span[0]), a.at(u, span[1])
        w = half * a.half_width
        corners = np.asarray([(x0 - w, y0), (x0 + w, y0), (x1 + w, y1), (x1 - w, y1)])
        return self.grid.blur(self.grid.fill(corners), soft)

    def _vertebrae(self) -> Array:
        total = np.zeros((self.grid.rows, self.grid.columns), np.float32)
        for number in range(-3, 18):
            v = 0.088 * number + 0.03
            disc = [self.anatomy.at(u, v + dv) for u, dv in ((-0.12, 0), (0, 0.006), (0.12, 0))]
            total -= 0.05 * self.grid.blur(self.grid.tube(open_curve(disc), 0.004, edge=0.0), 0.003)
            for u in (-0.07, 0.07):
                x, y = self.anatomy.at(u, v + 0.035)
                ring = closed_curve([(x + 0.008 * np.cos(t), y + 0.011 * np.sin(t)) for t in np.arange(0, 6.2, 0.8)])
                total += 0.03 * self.grid.tube(ring, 0.0025, edge=0.0)
        return total

    def _bones(self, body: Array) -> Array:
        total = np.zeros((self.grid.rows, self.grid.columns), np.float32)
        for side in SIDES:
            for number in range(11):
                rib = self.anatomy.rib(side, number)
                back, front = rib[:40], rib[38:]
                strength = 0.08 if number < 9 else 0.045
                total += strength * self.grid.tube(back, 0.0125)
                total += 0.72 * strength * self.grid.tube(front, 0.014, edge=0.3)
            total += 0.11 * self.grid.tube(self.anatomy.clavicle(side), CLAVICLE)
            total += self._shoulder(side)
        return np.asarray(self.grid.blur(total, 0.0012) * body, np.float32)

    def _shoulder(self, side: Side) -> Array:
        s = SIGN[side]
        blade = [(0.86, 0.05), (1.08, 0.06), (1.12, 0.16), (1.02, 0.34), (0.93, 0.44), (0.86, 0.3), (0.84, 0.15)]
        plate = self.grid.fill(closed_curve([self.anatomy.at(s * u, v) for u, v in blade]))
        rim = open_curve([self.anatomy.at(s * u, v) for u, v in ((1.12, 0.14), (1.05, 0.3), (0.94, 0.45), (0.87, 0.3))])
        head = [(1.14, 0.02), (1.24, 0.01), (1.31, 0.07), (1.33, 0.3), (1.25, 0.3), (1.2, 0.14), (1.13, 0.09)]
        humerus = self.grid.fill(closed_curve([self.anatomy.at(s * u, v) for u, v in head]))
        soft = 0.045 * self.grid.blur(plate, 0.003) + 0.05 * self.grid.tube(rim, 0.006)
        return np.asarray(soft + 0.16 * self.grid.blur(self.grid.dome(humerus, 0.03), 0.002), np.float32)

    def _vessels(self, lungs: Array) -> Array:
        canvas = np.zeros((self.grid.rows, self.grid.columns), np.uint8)
        scale = self.grid.columns
        for side in SIDES:
            s = SIGN[side]
            for angle in np.linspace(-1.3, 1.4, 13):
                x, y = self.anatomy.at(s * self.random.uniform(0.14, 0.28), 0.44 + 0.07 * angle)
                heading = angle + self.random.normal(0, 0.16)
                heading = heading if s > 0 else np.pi - heading
                width = scale * self.random.uniform(0.005, 0.0095)
                draw_tree(
                    canvas,
                    self.random,
                    (x * scale, y * scale),
                    heading,
                    scale * self.random.uniform(0.05, 0.085),
                    width,
                )
        vessels = self.grid.blur(canvas.astype(np.float32) / 255, 0.0018)
        fine = self.grid.noise(self.random, 0.004) * self.grid.noise(self.random, 0.0025)
        hila = np.zeros_like(vessels)
        for s, v in ((-1, 0.46), (1, 0.43)):
            hila += 0.1 * self._blob(s * 0.24, v, 0.06, 0.075)
        return np.asarray((0.12 * vessels + hila + 0.006 * fine) * lungs * self._collapse_factor(), np.float32)

    def _blob(self, u: float, v: float, wide: float, high: float) -> Array:
        x, y = self.anatomy.at(u, v)
        columns = (np.arange(self.grid.columns, dtype=np.float32) / self.grid.columns - x) / wide
        rows = (np.arange(self.grid.rows, dtype=np.float32) / self.grid.columns - y) / high
        return np.asarray(np.exp(-(columns[None] ** 2 + rows[:, None] ** 2)), np.float32)

    def _abdomen(self, body: Array, cavities: dict[Side, Mask]) -> Array:
        y = np.arange(self.grid.rows, dtype=np.float32)[:, None] / self.grid.columns
        below = np.clip((y - (self.anatomy.apex + 0.83 * self.anatomy.height)) / 0.05, 0, 1)
        outside = ~(cavities["right"] | cavities["left"])
        solid = 0.17 * self.grid.blur((below * outside).astype(np.float32) * body, 0.003)
        bubble = 0.16 * self._blob(0.42, 0.985, 0.06, 0.025)
        return np.asarray(solid - bubble * outside, np.float32)

    def _collapse_factor(self) -> Array | float:
        if not self.abnormality.startswith("pneumothorax"):
            return 1.0
        return 1 - self._pneumothorax_space(self.abnormality.side or "left")

    def _pneumothorax_space(self, side: Side) -> Array:
        a, s = self.anatomy, SIGN[side]
        gap = 0.09 + 0.3 * self.extent
        lung = [(0.2, 0.2 * gap + 0.1), (0.42, gap * 0.75), (0.62 - gap * 0.3, 0.1 + gap * 0.6)]
        wall = [(0.95 - gap, 0.36), (0.99 - gap, 0.6), (1.0 - gap * 0.7, 0.8), (0.97, 0.97), (0.6, 0.95), (0.1, 0.95)]
        inner = self.grid.fill(closed_curve([a.at(s * u, v) for u, v in [*lung, *wall, (0.05, 0.5)]]))
        cavity = self.grid.fill(a.hemithorax(side))
        return np.asarray(np.clip(cavity - inner, 0, 1), np.float32)

    def _abnormal(self, cavities: dict[Side, Mask]) -> Array | float:
        kind, side = self.abnormality, self.abnormality.side
        if kind is Abnormality.EDEMA:
            haze = sum(self._blob(s * 0.36, 0.5, 0.12, 0.2) for s in (-1, 1))
            cloud = np.clip(0.8 + 0.35 * self.grid.noise(self.random, 0.02), 0, 2)
            area = haze * (self.air["right"] + self.air["left"])
            self.abnormal_area = np.asarray(area > 0.35, np.float32)
            return np.asarray((0.1 + 0.22 * self.extent) * area * cloud, np.float32)
        if side is None:
            return 0.0
        draw = {"effusion": self._effusion, "consolidation": self._consolidation, "nodule": self._nodule}
        return draw.get(kind.split("-")[0], self._pneumothorax)(side, cavities[side])

    def _effusion(self, side: Side, cavity: Mask) -> Array:
        a, columns = self.anatomy, self.grid.columns
        u = np.abs(np.arange(columns) / columns - a.middle) / a.half_width
        level = 0.9 - 0.34 * self.extent
        top = level - (0.05 + 0.1 * self.extent) * np.clip((u - 0.15) / 0.85, 0, 1.1) ** 3
        edge = (a.apex + top * a.height)[None, :]
        y = (np.arange(self.grid.rows) / columns)[:, None]
        fluid = np.asarray(cavity / (1 + np.exp((edge - y) / 0.006)), np.float32)
        self.abnormal_area = fluid
        return np.asarray(self.grid.blur(fluid, 0.003) * (0.3 * self.air[side] + 0.12), np.float32)

    def _consolidation(self, side: Side, cavity: Mask) -> Array:
        s = SIGN[side]
        v, u = self.random.uniform(0.6, 0.72), self.random.uniform(0.5, 0.64)
        size = 0.045 + 0.07 * self.extent
        patch = self._blob(s * u, v, size * 1.25, size) + 0.6 * self._blob(
            s * (u - 0.1), v - 0.07, size * 0.7, size * 0.7
        )
        rough = np.clip(
            1 + 0.3 * self.grid.noise(self.random, 0.02) + 0.12 * self.grid.noise(self.random, 0.009), 0.2, 2
        )
        area = np.asarray((1 - np.exp(-1.6 * patch * rough)) * cavity, np.float32)
        self.abnormal_area = area
        bronchi = self.grid.blur(self.grid.noise(self.random, 0.004), 0.002)
        return np.asarray(0.32 * area * (1 - 0.12 * np.clip(bronchi, 0, 2)) * self.air[side], np.float32)

    def _nodule(self, side: Side, cavity: Mask) -> Array:
        s = SIGN[side]
        x, y = self.anatomy.at(s * self.random.uniform(0.5, 0.7), self.random.uniform(0.3, 0.55))
        radius = 0.012 + 0.035 * self.extent
        steps = np.arange(0, 6.2, 0.5)
        rim = radius * (1 + 0.06 * self.random.standard_normal(len(steps)))
        ring = closed_curve([(x + r * np.cos(t), y + r * np.sin(t)) for r, t in zip(rim, steps, strict=True)])
        disc = self.grid.fill(ring)
        self.abnormal_area = disc
        return np.asarray(0.2 * self.grid.blur(self.grid.dome(disc, radius), 0.002), np.float32)

    def _pneumothorax(self, side: Side, cavity: Mask) -> Array:
        space = self._pneumothorax_space(side)
        self.abnormal_area = space
        line = np.abs(cv2.Laplacian(self.grid.blur(space, 0.002), cv2.CV_32F))
        inside = self.grid.blur(cv2.erode(cavity.astype(np.float32), np.ones((9, 9))), 0.002)
        edge = self.grid.blur(np.asarray(np.clip(line / max(float(line.max()), 1e-6), 0, 1), np.float32), 0.0012)
        return np.asarray(0.12 * edge * inside - 0.05 * self.grid.blur(space, 0.003) * self.air[side], np.float32)
