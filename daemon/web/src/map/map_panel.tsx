// The surroundings of the open place, or of the vehicle.
import { useEffect, useRef, useState } from "preact/hooks";
import type { LatLon } from "../api";
import { dataChanges, device } from "../state/device";
import { nearest } from "../state/nearest";
import { openProperty, place, spot } from "../state/place";
import { useStore } from "../state/store";
import { sentenceCase } from "../words";
import { Icon } from "../components/icons";
import type { MapView, Touched } from "./map_view";

const WIDE = "(min-width: 900px)";

function same(a: LatLon | null, b: LatLon | null): boolean {
  return a?.lat === b?.lat && a?.lon === b?.lon;
}

function Legend() {
  return (
    <ul class="legend" aria-label="Signs on the map">
      <li class="sign-hydrant">Hydrant</li>
      <li class="sign-dead">Out of service</li>
      <li class="sign-hazard">Hazard</li>
      <li class="sign-property">Property</li>
      <li class="sign-asset">Other asset</li>
    </ul>
  );
}

function Card({ feature, onClose }: { feature: Touched; onClose: () => void }) {
  const kind = sentenceCase(feature.class || feature.layer);
  const status = feature.status ? sentenceCase(feature.status).toLowerCase() : "";
  return (
    <div class="map-card" role="status">
      <span>
        <strong>{feature.title || kind}</strong>
        <span class={feature.status === "out_of_service" ? "bad" : "quiet"}>
          {[kind, status].filter(Boolean).join(", ")}
        </span>
      </span>
      <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
        <Icon name="close" size={22} />
      </button>
    </div>
  );
}

export function MapPanel() {
  const container = useRef<HTMLDivElement>(null);
  const view = useRef<MapView | null>(null);
  const { view: property } = useStore(place);
  const found = useStore(spot);
  const { status } = useStore(device);
  const [large, setLarge] = useState(false);
  const [note, setNote] = useState("");
  const [ready, setReady] = useState(false);
  const [failed, setFailed] = useState(false);
  const [touched, setTouched] = useState<Touched | null>(null);

  const position = status?.position ?? null;
  const vehicle: LatLon | null =
    position?.lat !== undefined && position.lon !== undefined ? { lat: position.lat, lon: position.lon } : null;
  const target = found?.position ?? property?.position ?? null;
  const shownTarget = useRef<LatLon | null>(null);
  const start = target ?? vehicle;
  // Once begun the map stays, also when the GPS is lost.
  const begun = useRef(false);
  begun.current ||= start !== null;
  const hasStart = begun.current;

  useEffect(() => {
    const element = container.current;
    if (!element || !start) return;
    let gone = false;
    import("./map_view").then(
      ({ MapView: View }) => {
        if (gone) return;
        try {
          view.current = new View(element, start, {
            onTouch: (feature) => {
              if (feature.layer === "property") openProperty(feature.id);
              else setTouched(feature);
            },
            onNote: setNote,
          });
          setReady(true);
        } catch {
          setFailed(true);
        }
      },
      () => !gone && setFailed(true),
    );
    return () => {
      gone = true;
      view.current?.close();
      view.current = null;
      setReady(false);
    };
  }, [hasStart]);

  useEffect(() => {
    if (!ready || !view.current) return;
    view.current.setPlace(target);
    if (target && !same(target, shownTarget.current)) view.current.show(target);
    shownTarget.current = target;
    setTouched(null);
  }, [ready, target?.lat, target?.lon]);

  useEffect(() => {
    if (ready) view.current?.setVehicle(position);
  }, [ready, position?.lat, position?.lon]);

  useEffect(() => {
    if (!ready) return;
    view.current?.setNearest(nearest.value);
    const stops = [
      nearest.watch((list) => view.current?.setNearest(list)),
      dataChanges.watch(() => view.current?.refresh()),
    ];
    return () => stops.forEach((stop) => stop());
  }, [ready]);

  useEffect(() => {
    if (!ready) return;
    const wide = window.matchMedia(WIDE);
    const apply = () => {
      view.current?.resize();
      view.current?.shareScrolling(!wide.matches && !large);
    };
    apply();
    wide.addEventListener("change", apply);
    return () => wide.removeEventListener("change", apply);
  }, [ready, large]);

  return (
    <section class={`map-panel ${large ? "large" : ""}`} aria-label="Map of the surroundings">
      <div class="map" ref={container} />
      {!hasStart && !failed && <p class="map-empty">No GPS fix. Search for a place to see its surroundings.</p>}
      {failed && <p class="map-empty">The map cannot be drawn in this browser. Lists and distances work without it.</p>}
      {hasStart && !failed && (
        <>
          <div class="map-buttons">
            <button type="button" class="map-button only-narrow" aria-pressed={large} onClick={() => setLarge(!large)}>
              <Icon name={large ? "shrink" : "expand"} size={22} />
              {large ? "Smaller map" : "Larger map"}
            </button>
            {vehicle && (
              <button
                type="button"
                class="map-button"
                aria-label="Show the vehicle"
                onClick={() => view.current?.show(vehicle)}
              >
                <Icon name="target" size={22} />
                <span class="only-wide">Vehicle</span>
              </button>
            )}
            {target && (
              <button
                type="button"
                class="map-button"
                aria-label="Show the place"
                onClick={() => view.current?.show(target)}
              >
                <Icon name="pin" size={22} />
                <span class="only-wide">Place</span>
              </button>
            )}
          </div>
          {touched ? <Card feature={touched} onClose={() => setTouched(null)} /> : <Legend />}
          {note !== "" && <p class="map-note">{note}</p>}
        </>
      )}
    </section>
  );
}
