// The slider page: drag the piece into its gap and let go; or move it with the arrow keys and press Enter.

const words = navigator.language.toLowerCase().startsWith("zh")
  ? {
      title: "安全验证", hint: "拖动滑块，填补拼图", passed: "验证通过。请回到手机上点击确认。",
      missed: "没有对准，请再试一次。", gone: "此页面已失效。", away: "无法连接，请再试一次。",
    }
  : {
      title: "Security check", hint: "Drag the piece into its gap", passed: "Passed. Go back to the phone and confirm.",
      missed: "Not quite. Try again.", gone: "This page is no longer valid.", away: "No connection. Try again.",
    };

const uuid = new URLSearchParams(location.search).get("uuid") ?? "";
const address = `/captcha/${encodeURIComponent(uuid)}`;
const at = (id) => document.getElementById(id);
const slider = at("slider");
let sending = false;
let byKey = false;

document.title = at("title").textContent = words.title;
at("hint").textContent = words.hint;
slider.setAttribute("aria-label", words.hint);

// Piece and gap travel the scene's width less their own.
const place = (element, fraction) => element.style.setProperty("--at", fraction);

function finish(state, sentence) {
  at("card").className = state;
  at("result").textContent = sentence;
  slider.disabled = state === "passed" || state === "gone";
}

async function look() {
  const answer = await fetch(address);
  if (!answer.ok) return finish("gone", words.gone);
  const { gap, passed } = await answer.json();
  place(at("gap"), gap);
  if (passed) {
    place(at("piece"), gap);
    slider.value = gap;
    finish("passed", words.passed);
  }
}

async function letGo() {
  if (sending || slider.disabled || Number(slider.value) === 0) return;
  sending = true;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ position: Number(slider.value) }),
    });
    if (answer.ok) finish("passed", words.passed);
    else if (answer.status === 422) await missed();
    else finish("gone", words.gone);
  } catch {
    finish("", words.away);
  }
  sending = false;
}

async function missed() {
  finish("missed", words.missed);
  slider.value = 0;
  place(at("piece"), 0);
  await look();
}

slider.addEventListener("input", () => {
  place(at("piece"), slider.value);
  finish(Number(slider.value) > 0 ? "moved" : "", "");
});
// A change by finger or mouse is a release; by key it is one step of many.
slider.addEventListener("pointerdown", () => (byKey = false));
slider.addEventListener("change", () => byKey || letGo());
slider.addEventListener("keydown", (event) => {
  byKey = true;
  if (event.key === "Enter") letGo();
});
look().catch(() => finish("", words.away));
