// The page of a link that opens nothing, in the browser's language.

import { at } from "./dom.js";
import { over } from "./over.js";

at("main").replaceChildren(over());
