// The hydrants in the list, in its order, for the numbers on the map.
import type { Hydrant } from "../api";
import { Store } from "./store";

export const nearest = new Store<Hydrant[]>([]);
