import { defineConfig } from "vite";

// Addresses of files are relative, so that the same build works under any base path; `build.rs` names the folder
// to write to with --outDir.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // `/assets` belongs to the status page.
    assetsDir: "app",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 200,
    emptyOutDir: true,
  },
  // `npm run dev` shows the page of this folder with the data of a demo that runs beside it.
  server: { proxy: { "/api": process.env.PROJECTIONIST_API ?? "http://127.0.0.1:9595" } },
});
