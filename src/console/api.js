// The control API, as this page asks it.

import { say } from "./words.js";
import { setClock } from "./time.js";

// What the daemon refused, with its sentence; or that it could not be asked (`lost`).
export class Problem extends Error {
  constructor(message, { code = "", field = "", status = 0, wcId = "", lost = false } = {}) {
    super(message);
    Object.assign(this, { code, field, status, wcId, lost });
  }
}

let onSignedOut = () => {};
let onReach = () => {};

// Who is told when the session has ended, and whether the daemon answers.
export function tellApi(signedOut, reach) {
  onSignedOut = signedOut;
  onReach = reach;
}

// An answer of the daemon at `path`, which is relative to the page.
export async function send(method, path, body, headers = {}) {
  const about = { method, headers: { accept: "application/json", ...headers }, cache: "no-store" };
  if (method !== "GET") about.headers["x-wxlogind"] = "1";
  if (body !== undefined) {
    about.headers["content-type"] = "application/json";
    about.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, about);
  } catch {
    onReach(false);
    throw new Problem(say.lost, { lost: true });
  }
  setClock(answer.headers.get("date"));
  const text = await answer.text();
  const isProblem = (answer.headers.get("content-type") ?? "").startsWith("application/problem+json");
  // A proxy whose daemon is away answers as well.
  onReach(answer.ok || isProblem);
  if (answer.ok) return text ? JSON.parse(text) : null;
  if (!isProblem) throw new Problem(say.lost, { lost: true, status: answer.status });
  const problem = JSON.parse(text);
  if (problem.code === "unauthorized" && path !== "v1/console/session") onSignedOut();
  throw new Problem(problem.detail || problem.title, problem);
}

// A path of its parts, each of them escaped, with a query of what is not empty.
export function path(parts, query = {}) {
  const asked = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  const text = new URLSearchParams(asked).toString();
  return ["v1", ...parts.map(encodeURIComponent)].join("/") + (text ? `?${text}` : "");
}

export const get = (...asked) => send("GET", path(...asked));
export const post = (parts, body, headers) => send("POST", path(parts), body, headers);
export const patch = (parts, body) => send("PATCH", path(parts), body);
export const remove = (parts) => send("DELETE", path(parts));

// An answer as it should be, or null where there is none of that name.
export async function find(parts, query) {
  try {
    return await get(parts, query);
  } catch (error) {
    if (error.code === "not-found") return null;
    throw error;
  }
}
