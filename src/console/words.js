// The page's words, in the browser's language: Chinese, or else English. What the daemon says in sentences of its own
// (evidence, refusals) stays as it is.

import { en } from "./words-en.js";
import { zh } from "./words-zh.js";

const isChinese = (navigator.languages?.[0] ?? navigator.language ?? "").toLowerCase().startsWith("zh");

export const language = isChinese ? "zh-CN" : "en";

export const say = isChinese ? zh : en;

document.documentElement.lang = language;
