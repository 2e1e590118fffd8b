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
    rolldownOptions: {
      output: {
        // Few files: what is packed together shares its dictionary, and all scripts have a budget (`cargo xtask ui`).
        // What the first page needs stands apart from what it does not.
        codeSplitting: {
          groups: [
            { name: "base", test: /node_modules.@?preact|vite.preload|src.(app|api|live|format|ui.(parts|icon|sheet|copy|sort|chip|query|timeline))/, priority: 40 },
            { name: "graph", test: /uplot|src.charts/, priority: 30 },
            // Its graph comes later, and brings the graphs with it.
            { name: "now", test: /src.pages.now.(?!bandwidth|recent)/, priority: 20 },
            { name: "past", test: /src.(pages.(history|graphs|users|libraries|titles|collections|profile)|ui.(filter|search))/, priority: 10 },
            { name: "more", test: /src.pages.(?!now)/, priority: 5 },
          ],
        },
      },
    },
    emptyOutDir: true,
  },
  // `npm run dev` shows the page of this folder with the data of a demo that runs beside it.
  server: { proxy: { "/api": process.env.PROJECTIONIST_API ?? "http://127.0.0.1:9595" } },
});
