import { render } from "preact";
import { App } from "./app";
import { watchCrew } from "./state/crew";
import { watchDevice } from "./state/device";
import { watchPlace } from "./state/place";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/bars.css";
import "./styles/place.css";
import "./styles/sheet.css";
import "./styles/map.css";

const root = document.getElementById("app");
if (root) {
  watchDevice();
  watchPlace();
  watchCrew();
  render(<App />, root);
}
