// The map itself: one MapLibre map whose only data are what the device answers for the box in view. Loaded as a file of
// its own after the first screen, since the library is large.
import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection } from "geojson";
import maplibregl, {
  type GeoJSONSource,
  type Map as GlMap,
  type MapMouseEvent,
  type Marker,
} from "maplibre-gl/dist/maplibre-gl-csp.js";
import workerUrl from "maplibre-gl/dist/maplibre-gl-csp-worker.js?url";
import { api, type LatLon, type Hydrant, type Position } from "../api";
import { addSigns } from "./map_signs";
import { CITY, DARK, LIGHT, mapStyle, NEAR } from "./map_style";

// A file of our own origin, so that the content security policy needs no blob: workers.
maplibregl.setWorkerUrl(workerUrl);

const CAP = 3000; // features in one answer, by the device's interface
const TOUCH_PX = 16;
const MIN_ZOOM = 13;
const PLACE_ZOOM = 17.2;
const STRIP_ZOOM = 16.4; // in the low strip of a narrow screen, so that the next hydrants are in view
const STRIP_PX = 300;
const TOUCHABLE = ["near", "hazard", "hydrant", "property", "asset"];

export interface Touched {
  id: string;
  layer: string;
  class: string;
  title: string;
  status: string;
}

export interface MapEvents {
  onTouch: (feature: Touched) => void;
  onNote: (note: string) => void; // a sentence about what is shown, or empty
}

type Box = readonly [number, number, number, number];

function contains(outer: Box, inner: Box): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

// Numbers of houses are labels of their own: the map has no room for whole addresses.
function withNumber(feature: Feature): Feature {
  const { properties } = feature;
  if (properties?.["layer"] !== "property") return feature;
  const number = /^\d[\w-]*/.exec(String(properties["title"] ?? ""))?.[0] ?? "";
  return { ...feature, properties: { ...properties, number } };
}

function markerElement(name: string, label: string): HTMLElement {
  const element = document.createElement("div"); // the library moves this one; the sign inside is ours to turn
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  const sign = document.createElement("div");
  sign.className = `marker ${name}`;
  element.append(sign);
  return element;
}

export class MapView {
  private readonly map_: GlMap;
  private readonly dark_ = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly calm_ = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  private readonly vehicle_: Marker;
  private readonly place_: Marker;
  private city_: FeatureCollection = { type: "FeatureCollection", features: [] };
  private near_: FeatureCollection = { type: "FeatureCollection", features: [] };
  private box_: Box | null = null;
  private loading_: AbortController | null = null;

  // Throws when the browser has no WebGL.
  constructor(
    container: HTMLElement,
    centre: LatLon,
    private readonly events_: MapEvents,
  ) {
    this.map_ = new maplibregl.Map({
      container,
      style: mapStyle(this.palette_()),
      center: [centre.lon, centre.lat],
      zoom: STRIP_ZOOM,
      minZoom: MIN_ZOOM,
      maxZoom: 20,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: this.calm_ ? 0 : 150,
      cooperativeGestures: false,
    });
    this.map_.touchZoomRotate.disableRotation();
    this.map_.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    this.map_.addControl(new maplibregl.ScaleControl({ unit: "imperial", maxWidth: 90 }), "bottom-left");
    this.vehicle_ = new maplibregl.Marker({ element: markerElement("vehicle", "This vehicle") });
    this.place_ = new maplibregl.Marker({ element: markerElement("place", "The open place"), anchor: "bottom" });
    this.map_.on("style.load", () => this.dress_());
    this.map_.on("moveend", () => void this.fetch_());
    this.map_.on("click", (event) => this.touch_(event));
    this.map_.on("mouseenter", TOUCHABLE, () => (this.map_.getCanvas().style.cursor = "pointer"));
    this.map_.on("mouseleave", TOUCHABLE, () => (this.map_.getCanvas().style.cursor = ""));
    this.map_.on("idle", () => container.setAttribute("data-idle", "true"));
    this.map_.on("movestart", () => container.removeAttribute("data-idle"));
    this.dark_.addEventListener("change", this.onScheme_);
  }

  close(): void {
    this.loading_?.abort();
    this.dark_.removeEventListener("change", this.onScheme_);
    this.map_.remove();
  }

  resize(): void {
    this.map_.resize();
  }

  // On a page that scrolls, one finger moves the page and two move the map.
  shareScrolling(shared: boolean): void {
    if (shared) this.map_.cooperativeGestures.enable();
    else this.map_.cooperativeGestures.disable();
  }

  show(centre: LatLon): void {
    const camera = {
      center: [centre.lon, centre.lat] as [number, number],
      zoom: this.map_.getContainer().clientHeight < STRIP_PX ? STRIP_ZOOM : Math.max(this.map_.getZoom(), PLACE_ZOOM),
    };
    if (this.calm_) this.map_.jumpTo(camera);
    else this.map_.easeTo({ ...camera, duration: 500 });
  }

  setPlace(at: LatLon | null): void {
    if (at) this.place_.setLngLat([at.lon, at.lat]).addTo(this.map_);
    else this.place_.remove();
  }

  setVehicle(position: Position | null): void {
    if (position?.lat === undefined || position.lon === undefined) this.vehicle_.remove();
    else this.vehicle_.setLngLat([position.lon, position.lat]).addTo(this.map_);
  }

  setNearest(hydrants: Hydrant[]): void {
    this.near_ = {
      type: "FeatureCollection",
      features: hydrants.map((hydrant, i) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [hydrant.position.lon, hydrant.position.lat] },
        properties: {
          id: hydrant.id,
          layer: "asset",
          class: "hydrant",
          title: hydrant.title,
          status: hydrant.status,
          number: String(i + 1),
        },
      })),
    };
    this.source_(NEAR)?.setData(this.near_);
  }

  // The city's data changed: what is shown may be old.
  refresh(): void {
    this.box_ = null;
    void this.fetch_();
  }

  private palette_() {
    return this.dark_.matches ? DARK : LIGHT;
  }

  private readonly onScheme_ = () => {
    this.map_.setStyle(mapStyle(this.palette_()), { diff: false });
  };

  private source_(name: string): GeoJSONSource | undefined {
    return this.map_.getSource<GeoJSONSource>(name);
  }

  private dress_(): void {
    addSigns(this.map_, this.palette_());
    this.source_(CITY)?.setData(this.city_);
    this.source_(NEAR)?.setData(this.near_);
    void this.fetch_();
  }

  private async fetch_(): Promise<void> {
    const bounds = this.map_.getBounds();
    const view: Box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    if (this.box_ && contains(this.box_, view)) return;
    const [dx, dy] = [(view[2] - view[0]) * 0.35, (view[3] - view[1]) * 0.35];
    const box: Box = [view[0] - dx, view[1] - dy, view[2] + dx, view[3] + dy];
    this.loading_?.abort();
    const abort = new AbortController();
    this.loading_ = abort;
    try {
      const { features } = await api.map(box, abort.signal);
      this.box_ = features.length < CAP ? box : null; // a cut answer is asked again after the next move
      this.city_ = { type: "FeatureCollection", features: features.map(withNumber) };
      this.source_(CITY)?.setData(this.city_);
      this.events_.onNote(features.length >= CAP ? "Not everything is shown here. Zoom in to see all." : "");
    } catch {
      if (!abort.signal.aborted && !this.box_)
        this.events_.onNote("The surroundings could not be read from the device.");
    }
  }

  private touch_(event: MapMouseEvent): void {
    const { x, y } = event.point;
    const layers = TOUCHABLE.filter((id) => this.map_.getLayer(id));
    const found = this.map_.queryRenderedFeatures(
      [
        [x - TOUCH_PX, y - TOUCH_PX],
        [x + TOUCH_PX, y + TOUCH_PX],
      ],
      { layers },
    );
    const rank = (id: string) => layers.indexOf(id);
    const gap = (feature: (typeof found)[number]) => {
      if (feature.geometry.type !== "Point") return Infinity;
      const point = this.map_.project(feature.geometry.coordinates as [number, number]);
      return Math.hypot(point.x - x, point.y - y);
    };
    const best = found.sort((a, b) => gap(a) - gap(b) || rank(a.layer.id) - rank(b.layer.id))[0];
    if (best) this.events_.onTouch(best.properties as Touched);
  }
}
