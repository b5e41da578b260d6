// The NFPA 704 square: health blue at the left, flammability red on top, instability yellow at the right, special below.
import type { CityRecord, Nfpa704Rating as Rating } from "../api";

export function nfpaRating(record: CityRecord): Rating | null {
  const value = (name: string) => record.fields.find((field) => field.name === name)?.value;
  const [health, flammability, instability] = [value("health"), value("flammability"), value("instability")];
  if (typeof health !== "number" && typeof flammability !== "number" && typeof instability !== "number") return null;
  const special = value("special");
  return {
    health: Number(health ?? 0),
    flammability: Number(flammability ?? 0),
    instability: Number(instability ?? 0),
    special: typeof special === "string" ? special : "",
  };
}

export function Nfpa704({ rating, size = 64 }: { rating: Rating; size?: number }) {
  const { health, flammability, instability, special } = rating;
  const label = `NFPA 704: health ${health}, flammability ${flammability}, instability ${instability}${special ? `, special ${special}` : ""}`;
  return (
    <svg class="nfpa" width={size} height={size} viewBox="0 0 64 64" role="img" aria-label={label}>
      <path class="nfpa-fire" d="M32 2l15 15-15 15-15-15z" />
      <path class="nfpa-health" d="M17 17l15 15-15 15L2 32z" />
      <path class="nfpa-instability" d="M47 17l15 15-15 15-15-15z" />
      <path class="nfpa-special" d="M32 32l15 15-15 15-15-15z" />
      <g aria-hidden="true">
        <text class="on-dark" x="32" y="22.5">
          {flammability}
        </text>
        <text class="on-dark" x="17" y="37.5">
          {health}
        </text>
        <text class="on-light" x="47" y="37.5">
          {instability}
        </text>
        <text class="on-light small" x="32" y="51">
          {special}
        </text>
      </g>
    </svg>
  );
}
