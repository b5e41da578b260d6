// How the surroundings look: a quiet ground, streets as lines, properties as points, and loud only what matters to a
// crew. There is no tile or glyph server: text is drawn from the system's own font, signs are drawn by map_signs.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

export interface Palette {
  ground: string;
  street: string;
  streetEdge: string;
  text: string;
  halo: string;
  property: string;
  propertyEdge: string;
  asset: string;
  hydrant: string;
  dead: string;
  hazard: string;
  hazardInk: string;
  accent: string;
}

export const LIGHT: Palette = {
  ground: "#eceef0",
  street: "#ffffff",
  streetEdge: "#c9ced4",
  text: "#3c4650",
  halo: "#f7f8f9",
  property: "#8d99a5",
  propertyEdge: "#ffffff",
  asset: "#7c6f9c",
  hydrant: "#0b6fc2",
  dead: "#b3181f",
  hazard: "#f2b705",
  hazardInk: "#1c1600",
  accent: "#0b5c8a",
};

export const DARK: Palette = {
  ground: "#12171b",
  street: "#3a444d",
  streetEdge: "#1e252b",
  text: "#c8d1d9",
  halo: "#12171b",
  property: "#71808d",
  propertyEdge: "#12171b",
  asset: "#a394c9",
  hydrant: "#4da6f0",
  dead: "#ff6b6b",
  hazard: "#f5c531",
  hazardInk: "#1c1600",
  accent: "#7cc4ee",
};

export const CITY = "city";
export const NEAR = "near";

// No such family exists: the map library reads the weight from its name and falls through to the system's font.
const FONT = ["Fieldpost Semibold", "system-ui"];

const layerIs = (layer: string): ["==", ["get", string], string] => ["==", ["get", "layer"], layer];
const big = [
  "in",
  ["get", "class"],
  ["literal", ["motorway", "trunk", "primary", "secondary", "arterial", "major", "highway"]],
];

// Line width in pixels by zoom, wider for main streets.
function width(minor: number, major: number, extra: number): never {
  const at = (factor: number) => ["case", big, major * factor + extra, minor * factor + extra];
  return ["interpolate", ["exponential", 1.6], ["zoom"], 13, at(0.35), 16, at(1), 19, at(3.6)] as never;
}

function streets(palette: Palette): LayerSpecification[] {
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  return [
    {
      id: "street-edge",
      type: "line",
      source: CITY,
      filter: layerIs("street"),
      layout,
      paint: { "line-color": palette.streetEdge, "line-width": width(5, 8, 1.6) },
    },
    {
      id: "street",
      type: "line",
      source: CITY,
      filter: layerIs("street"),
      layout,
      paint: { "line-color": palette.street, "line-width": width(5, 8, 0) },
    },
  ];
}

function points(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "property",
      type: "circle",
      source: CITY,
      minzoom: 15,
      filter: layerIs("property"),
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 15, 1.6, 17, 4, 19, 7],
        "circle-color": palette.property,
        "circle-stroke-color": palette.propertyEdge,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 16, 0, 17, 1],
      },
    },
    {
      id: "asset",
      type: "circle",
      source: CITY,
      minzoom: 16,
      filter: ["all", layerIs("asset"), ["!=", ["get", "class"], "hydrant"], ["!=", ["get", "class"], "street"]],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 16, 1.6, 19, 4.5],
        "circle-color": palette.ground,
        "circle-stroke-color": palette.asset,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 16, 1, 19, 2],
      },
    },
  ];
}

function texts(palette: Palette): LayerSpecification[] {
  const paint = { "text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6 };
  return [
    {
      id: "number",
      type: "symbol",
      source: CITY,
      minzoom: 17,
      filter: ["all", layerIs("property"), ["!=", ["get", "number"], ""]],
      layout: {
        "text-field": ["get", "number"],
        "text-font": FONT,
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 0.5],
        "text-optional": true,
      },
      paint,
    },
    {
      id: "street-name",
      type: "symbol",
      source: CITY,
      minzoom: 14.5,
      filter: layerIs("street"),
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 300,
        "text-field": ["get", "title"],
        "text-font": FONT,
        "text-max-angle": 35,
        "text-size": ["interpolate", ["linear"], ["zoom"], 15, 12, 18, 15],
      },
      paint,
    },
  ];
}

function signs(palette: Palette): LayerSpecification[] {
  const size: never = ["interpolate", ["linear"], ["zoom"], 14, 0.45, 16, 0.75, 18, 1] as never;
  const dead: never = ["==", ["get", "status"], "out_of_service"] as never;
  return [
    {
      id: "hydrant",
      type: "symbol",
      source: CITY,
      minzoom: 14.5,
      filter: ["all", layerIs("asset"), ["==", ["get", "class"], "hydrant"]],
      layout: {
        "icon-image": ["case", dead, "hydrant-dead", "hydrant"],
        "icon-size": size,
        "icon-allow-overlap": true,
      },
    },
    {
      id: "hazard",
      type: "symbol",
      source: CITY,
      filter: layerIs("hazard"),
      layout: { "icon-image": "hazard", "icon-size": size, "icon-allow-overlap": true, "icon-offset": [0, -10] },
    },
    {
      id: "near",
      type: "symbol",
      source: NEAR,
      layout: {
        "icon-image": ["case", dead, "hydrant-dead", "hydrant"],
        "icon-allow-overlap": true,
        "icon-size": 1.15,
        "text-field": ["get", "number"],
        "text-font": FONT,
        "text-size": 15,
        "text-anchor": "left",
        "text-offset": [0.9, 0],
        "text-allow-overlap": true,
      },
      paint: {
        "text-color": ["case", dead, palette.dead, palette.hydrant],
        "text-halo-color": palette.halo,
        "text-halo-width": 2,
      },
    },
  ];
}

const nothing = { type: "FeatureCollection", features: [] } as const;

export function mapStyle(palette: Palette): StyleSpecification {
  return {
    version: 8,
    sources: {
      [CITY]: { type: "geojson", data: nothing as never, tolerance: 0.2, attribution: "" },
      [NEAR]: { type: "geojson", data: nothing as never },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      ...streets(palette),
      ...points(palette),
      ...texts(palette),
      ...signs(palette),
    ],
  };
}
