// The build of MapLibre GL JS whose worker is a separate file; same interface as the main one.
declare module "maplibre-gl/dist/maplibre-gl-csp.js" {
  export * from "maplibre-gl";
  import * as maplibregl from "maplibre-gl";
  export default maplibregl;
}
