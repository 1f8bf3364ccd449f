// Who is on a step: said by people, so that two of them do not do the same.

import { post, remove } from "./api.js";
import { askName } from "./dialogs.js";
import { h, put, run } from "./dom.js";
import { soon } from "./live.js";
import { say } from "./words.js";

// The name that this browser's person gave.
const KEPT_AS = "wxlogind-name";
const myName = () => localStorage.getItem(KEPT_AS) ?? "";

// A line for a card: who is on it, and a button to say so or to take it back.
export function claim() {
  let step = null;
  const by = h("span.by", { role: "status" });
  const button = h("button.button.quiet", { type: "button", onclick: () => run(button, async () => {
    if (step.claim && step.claim.by === myName()) await remove(["steps", step.wId, "claim"]);
    else {
      const name = myName() || (await askName());
      if (!name) return;
      localStorage.setItem(KEPT_AS, name);
      await post(["steps", step.wId, "claim"], { by: name });
    }
    soon();
  }) });
  return {
    element: h("div.claim", {}, by, button),
    update(now) {
      step = now;
      const mine = now.claim && now.claim.by === myName();
      put(by, now.claim ? say.claim.by(now.claim.by) : "");
      put(button, mine ? say.claim.leave : say.claim.mine);
    },
  };
}
