//! Text for a terminal: made harmless, measured, cut to size, coloured.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where a text was cut.
const CUT: char = '…';

/// A text of somebody else's on one line, without anything that a terminal would obey: nicknames, the
/// platform's sentences and its URLs are chosen by strangers.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).filter(|c| !is_command(*c)).collect()
}

/// Several lines of somebody else's text, made harmless in the same way.
pub(super) fn plain_lines(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !is_command(*c)).collect()
}

/// Control characters, and the marks that turn the direction of what follows.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many columns a text takes; a Chinese character takes two.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns` columns, cut with an ellipsis where it is longer.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut taken = 0;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < columns
        })
        .collect();
    cut.push(CUT);
    cut
}

/// The text as lines of at most `columns` columns each, broken at spaces where it can be, else anywhere: Chinese
/// has none.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let Some(line) = lines.last_mut() else { break };
        let gap = usize::from(!line.is_empty());
        if width(line) + gap + width(word) <= columns {
            line.push_str(&" ".repeat(gap));
            line.push_str(word);
            continue;
        }
        // What no line holds whole begins where there is room for a character or two already.
        if width(word) > columns && gap > 0 && width(line) + 3 <= columns {
            line.push(' ');
        } else if gap > 0 {
            lines.push(String::new());
        }
        for c in word.chars() {
            match lines.last_mut() {
                Some(line) if line.is_empty() || width(line) + c.width().unwrap_or(0) <= columns => {
                    line.push(c);
                }
                _ => lines.push(c.to_string()),
            }
        }
    }
    lines
}

/// One of the daemon's clauses as a sentence: it begins with a capital and ends with a full stop.
pub(super) fn sentence(clause: &str) -> String {
    let clause = plain(clause);
    let mut chars = clause.trim().chars();
    let Some(first) = chars.next() else { return String::new() };
    let rest = chars.as_str();
    let end = if rest.ends_with(['.', '!', '?', '。', '…']) { "" } else { "." };
    format!("{}{rest}{end}", first.to_uppercase())
}

/// What a piece of text means, as far as colour can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Normal,
    /// As it should be.
    Good,
    /// A person is waited for.
    Waiting,
    /// Over, or refused.
    Bad,
    /// A heading or name to find.
    Strong,
    /// A QR's blocks: white on black whatever the terminal's own colours are.
    Blocks,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    /// The text in the colour of its tone.
    pub(super) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if !self.0 => return text.to_owned(),
            Tone::Normal => return text.to_owned(),
            Tone::Good => "32",
            Tone::Waiting => "33",
            Tone::Bad => "31",
            Tone::Strong => "1",
            Tone::Blocks => "97;40",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_commands_no_terminal() {
        assert_eq!(plain("a\x1b]0;title\x07b\r\u{9b}31m\nc\td"), "a]0;titleb31m c d");
        assert_eq!(plain("\u{202e}evil\u{2066}"), "evil");
        assert_eq!(plain("贝塔同学 👍"), "贝塔同学 👍");
        assert_eq!(plain_lines("a\x1b[2J\nb"), "a[2J\nb");
    }

    #[test]
    fn a_text_is_cut_by_columns_not_characters() {
        assert_eq!(fit("贝塔同学", 8), "贝塔同学");
        assert_eq!(fit("贝塔同学", 7), "贝塔同…");
        assert_eq!(fit("贝塔同学", 6), "贝塔…");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abc", 0), "…");
    }

    #[test]
    fn a_long_text_is_broken_at_spaces_and_chinese_anywhere() {
        assert_eq!(wrap("the platform says so", 12), ["the platform", "says so"]);
        assert_eq!(wrap("failed: 对方拒绝了登录请求", 14), ["failed: 对方拒", "绝了登录请求"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("ab 贝塔同学", 4), ["ab", "贝塔", "同学"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("贝塔", 1), ["贝", "塔"]);
    }

    #[test]
    fn a_clause_becomes_a_sentence() {
        assert_eq!(sentence("it is online"), "It is online.");
        assert_eq!(sentence("对方拒绝了。"), "对方拒绝了。");
        assert_eq!(sentence(" "), "");
    }

    #[test]
    fn nothing_is_painted_unless_wanted() {
        assert_eq!(Paint(false).tone(Tone::Bad, "x"), "x");
        assert_eq!(Paint(true).tone(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
