import { render } from "preact";
import { watchTheme } from "./app/prefs";
import { App } from "./app/app";
import { pageAt } from "./app/pages";
import { place } from "./app/router";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";

watchTheme();
// On its way while the server is asked who looks; what goes wrong is said when the page is drawn.
pageAt(place.peek().path)?.page.load().catch(() => {});
const root = document.getElementById("app");
if (root) render(<App />, root);
