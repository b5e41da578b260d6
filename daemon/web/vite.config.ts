import { defineConfig } from "vite";

// FIELDPOST_URL: the device that `npm run dev` passes API calls on to.
const device = process.env["FIELDPOST_URL"] ?? "http://127.0.0.1:8460";

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../../build/web",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // every asset is a file of the page's own origin: the content security policy needs no data: or blob:
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1100, // the map library, loaded after the first screen
  },
  server: { host: "127.0.0.1", proxy: { "/api": { target: device } } },
});
