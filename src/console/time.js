// Times for people, by the daemon's clock.

import { language, say } from "./words.js";

// How far the daemon's clock is ahead of this one, in milliseconds. `Date` has whole seconds.
let ahead = 0;

export function setClock(date) {
  const off = Date.parse(date ?? "") + 500 - Date.now();
  if (Number.isFinite(off)) ahead = Math.abs(off) < 3000 ? 0 : off;
}

export const now = () => Date.now() + ahead;

const relativeFormat = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
const clockFormat = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayFormat = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const wholeFormat = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// "in 4 min.", "3 hr. ago".
export function relative(at) {
  const seconds = (Date.parse(at) - now()) / 1000;
  if (Math.abs(seconds) < 2) return say.justNow;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3];
  return relativeFormat.format(Math.trunc(seconds / size), unit);
}

// "14:05", or with its day where that is another one.
export function moment(at) {
  const date = new Date(at);
  const today = new Date(now()).toDateString() === date.toDateString();
  return (today ? clockFormat : dayFormat).format(date);
}

export const whole = (at) => wholeFormat.format(new Date(at));

// "4:07", the time that is left; "0:00" when there is none.
export function left(until) {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now()) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export const isPast = (at) => Date.parse(at) <= now();

// A <time> that keeps itself right: its text is `text(at)` anew every second, for as long as it is on the page.
export function clock(at, text = relative, className = "") {
  const element = document.createElement("time");
  element.className = className;
  element.told = text;
  setTime(element, at);
  return element;
}

export function setTime(element, at) {
  if (element.dateTime !== at) {
    element.dateTime = at;
    element.title = whole(at);
  }
  tell(element);
}

function tell(element) {
  const text = element.told(element.dateTime);
  if (element.textContent !== text) element.textContent = text;
}

const everySecond = new Set();

// Calls `tick` every second until it answers false.
export const onTick = (tick) => everySecond.add(tick);

setInterval(() => {
  for (const element of document.querySelectorAll("time")) if (element.told) tell(element);
  for (const tick of everySecond) if (tick() === false) everySecond.delete(tick);
}, 1000);
