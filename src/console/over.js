// What a page says whose link has nothing more to do.

import { h } from "./dom.js";
import { say } from "./words.js";

export const over = () => h("section.over", {}, h("h1", {}, say.link.over), h("p", {}, say.link.overHow));
