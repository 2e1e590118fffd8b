import { render } from "preact";
import { watchTheme } from "./app/prefs";
import { App } from "./app/app";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";

watchTheme();
const root = document.getElementById("app");
if (root) render(<App />, root);
