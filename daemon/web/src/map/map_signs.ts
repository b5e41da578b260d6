// The signs on the map, drawn once per palette on a canvas: hydrant, dead hydrant, hazard.
import type { Map as GlMap } from "maplibre-gl";
import type { Palette } from "./map_style";

const SIZE = 26; // CSS pixels; drawn at twice that
const RATIO = 2;

type Draw = (pen: CanvasRenderingContext2D) => void;

function image(draw: Draw): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return new ImageData(SIZE * RATIO, SIZE * RATIO);
  pen.scale(RATIO, RATIO);
  pen.translate(SIZE / 2, SIZE / 2);
  pen.lineJoin = pen.lineCap = "round";
  draw(pen);
  return pen.getImageData(0, 0, SIZE * RATIO, SIZE * RATIO);
}

// A disc with the outline of a hydrant in it; a ring with a bar across it where there is no water.
function hydrant(palette: Palette, works: boolean): Draw {
  return (pen) => {
    pen.beginPath();
    pen.arc(0, 0, 10.5, 0, Math.PI * 2);
    pen.fillStyle = works ? palette.hydrant : palette.halo;
    pen.fill();
    pen.lineWidth = works ? 1.5 : 2.5;
    pen.strokeStyle = works ? palette.halo : palette.dead;
    pen.stroke();
    pen.fillStyle = works ? palette.halo : palette.dead;
    pen.fill(
      new Path2D(
        "M-2.5 -3.500a2.5 2.5 0 0 1 5 0V-2.500H4V-1H2.500V0.500H4.500V3H2.500V5H4V6.500H-4V5H-2.500V3H-4.500V0.500H-2.500V-1H-4V-2.500H-2.500Z",
      ),
    );
    if (works) return;
    pen.beginPath();
    pen.moveTo(-7, -7);
    pen.lineTo(7, 7);
    pen.lineWidth = 3;
    pen.stroke();
  };
}

function hazard(palette: Palette): Draw {
  return (pen) => {
    pen.beginPath();
    pen.moveTo(0, -10.5);
    pen.lineTo(11, 9);
    pen.lineTo(-11, 9);
    pen.closePath();
    pen.fillStyle = palette.hazard;
    pen.fill();
    pen.lineWidth = 1.8;
    pen.strokeStyle = palette.hazardInk;
    pen.stroke();
    pen.fillStyle = palette.hazardInk;
    pen.fillRect(-1.2, -4.5, 2.4, 7.5);
    pen.fillRect(-1.2, 4.4, 2.4, 2.4);
  };
}

export function addSigns(map: GlMap, palette: Palette): void {
  const signs: [string, Draw][] = [
    ["hydrant", hydrant(palette, true)],
    ["hydrant-dead", hydrant(palette, false)],
    ["hazard", hazard(palette)],
  ];
  for (const [name, draw] of signs) {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image(draw), { pixelRatio: RATIO });
  }
}
