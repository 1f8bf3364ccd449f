//! What `wxloginctl` prints, as people see it on a terminal: the README's picture of it.

use serde_json::json;
use wxlogind::wire::StepKind;

use crate::harness::output;
use crate::looks::furnish;
use crate::seat::{Seat, seated_at};

/// A terminal's window, with what goes into it.
const WINDOW: &str = "
    const style = document.head.appendChild(document.createElement('style'));
    style.textContent = `
        body { margin: 0; padding: 28px; background: #d9dcd6; }
        pre { margin: 0 auto; padding: 22px 26px 26px; background: #12161a; color: #d6dbe0; border-radius: 12px; width: fit-content;
              font: 13.745px/22px 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace; box-shadow: 0 18px 50px rgb(0 0 0 / 35%); }
        pre div { line-height: 16px; }
        pre b { color: #8fd6a8; font-weight: 400; }
        :root { --red: #ff7b72; --green: #6fcf8d; --yellow: #e6b95c; --blue: #79b0ff; --cyan: #6cc7d1; --magenta: #d2a8ff;
                --white: #ffffff; --bright-white: #ffffff; --black: #000000; --bright-black: #8b949e; }`;
    const shown = document.body.appendChild(document.createElement('pre'));
    for (const [line, said] of arguments[0]) {
        const prompt = document.createElement('b');
        prompt.textContent = `$ ${line}\\n`;
        const text = document.createElement('div');
        text.innerHTML = said;
        shown.append(prompt, text, '\\n');
    }
    shown.lastChild.remove();";

/// What a command line prints in colours.
async fn printed(seat: &Seat<'_>, line: &str) -> String {
    let mut command = seat.daemon.ctl(line);
    command.args(["--color", "always"]);
    let output = output(command).await;
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_terminal_shows_who_is_waited_for_and_the_qr() {
    seated_at(
        "en",
        |host| host.in_haste(""),
        async |seat| {
            furnish(seat).await;
            let page = seat.page;
            let steps = seat.daemon.steps().await.unwrap();
            let scan = steps.iter().find(|step| step.kind == StepKind::Scan).unwrap();
            let qr = format!("qr {}", scan.w_id);
            let mut said = Vec::new();
            for line in ["list", "steps", &qr] {
                let printed = printed(seat, line).await;
                said.push((format!("wxloginctl {line}"), ansi_to_html::convert(&printed).unwrap()));
            }
            page.goto("about:blank").await;
            page.show(1280, 100, false).await;
            page.run_with(WINDOW, vec![json!(said)]).await;
            page.sees("pre", "阿青").await;
            page.sees("pre", "enter the code").await;
            page.sees("pre", "█").await;
            assert!(!page.text().await.contains('\u{1b}'));
            let size = page.run("const { width, bottom } = document.querySelector('pre').getBoundingClientRect(); return [width, bottom]");
            let [width, height]: [f64; 2] = serde_json::from_value(size.await).unwrap();
            let with_margin = |pixels: f64| format!("{:.0}", pixels + 28.0).parse::<u32>().unwrap();
            page.show(with_margin(width + 28.0), with_margin(height), false).await;
            page.run("scrollTo(0, 0)").await;
            page.picture("terminal.png").await;
        },
    )
    .await;
}
