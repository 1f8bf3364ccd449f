//! Aligned columns that fit the terminal.

use super::text::{Paint, Tone, fit, plain, width, wrap};

/// Narrowest that a shrinking column gets, in columns of the terminal.
const NARROWEST: usize = 8;

/// What stands between two columns.
const GAP: &str = "  ";

/// A column's heading, and how it gives way where the terminal is too narrow.
pub(super) struct Column {
    heading: &'static str,
    gives_way: GivesWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivesWay {
    Never,
    Cut,
    Wrapped,
}

impl Column {
    /// A column that is always shown whole: what it holds is copied into the next command.
    pub(super) const fn whole(heading: &'static str) -> Self {
        Self { heading, gives_way: GivesWay::Never }
    }

    /// A column that is cut.
    pub(super) const fn shrinking(heading: &'static str) -> Self {
        Self { heading, gives_way: GivesWay::Cut }
    }

    /// A column that takes several lines: each word of it counts.
    pub(super) const fn wrapping(heading: &'static str) -> Self {
        Self { heading, gives_way: GivesWay::Wrapped }
    }
}

/// A cell: one harmless line.
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell in a tone.
    pub(super) fn toned(text: &str, tone: Tone) -> Self {
        Self { text: plain(text), tone }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text.as_ref(), Tone::Normal)
    }
}

/// The table as lines, each ended; `columns_wide` is the terminal's width, `None` for as wide as needed.
pub(super) fn table<const N: usize>(
    columns: &[Column; N],
    rows: &[[Cell; N]],
    columns_wide: Option<usize>,
    paint: Paint,
) -> String {
    let widths = widths(columns, rows, columns_wide);
    let headings = columns.each_ref().map(|column| Cell::toned(column.heading, Tone::Strong));
    let mut lines = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        let mut cells = row.iter().zip(columns).zip(widths);
        let cells: [Vec<String>; N] = std::array::from_fn(|_| match cells.next() {
            Some(((cell, column), wide)) if column.gives_way == GivesWay::Wrapped => wrap(&cell.text, wide),
            Some(((cell, _), wide)) => vec![fit(&cell.text, wide)],
            None => Vec::new(),
        });
        let high = cells.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..high {
            let mut line = String::new();
            for (index, ((cell, texts), wide)) in row.iter().zip(&cells).zip(widths).enumerate() {
                let text = texts.get(at).map_or("", String::as_str);
                let padding = if index + 1 == N { 0 } else { wide.saturating_sub(width(text)) + GAP.len() };
                if !text.is_empty() {
                    line += &paint.tone(cell.tone, text);
                }
                line += &" ".repeat(padding);
            }
            lines += line.trim_end();
            lines.push('\n');
        }
    }
    lines
}

/// As wide as the widest cell; then the widest shrinking column gives way until all fits or none can.
fn widths<const N: usize>(columns: &[Column; N], rows: &[[Cell; N]], available: Option<usize>) -> [usize; N] {
    let mut widths = columns.each_ref().map(|column| width(column.heading));
    for row in rows {
        for (wide, cell) in widths.iter_mut().zip(row) {
            *wide = width(&cell.text).max(*wide);
        }
    }
    let Some(available) = available else { return widths };
    let mut excess =
        (widths.iter().sum::<usize>() + GAP.len() * N.saturating_sub(1)).saturating_sub(available);
    while excess > 0 {
        let shrinkable = widths
            .iter_mut()
            .zip(columns)
            .filter(|(_, column)| column.gives_way != GivesWay::Never)
            .map(|(wide, _)| wide);
        match shrinkable.max_by_key(|wide| **wide) {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
        excess -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::whole("WID"), Column::shrinking("WHO"), Column::shrinking("NOTE")];

    fn rows() -> Vec<[Cell; 3]> {
        vec![
            ["w-1".into(), "贝塔同学".into(), "offline".into()],
            ["w-22".into(), "Zoë".into(), "the platform asks for a code".into()],
        ]
    }

    #[test]
    fn columns_are_aligned_though_chinese_characters_are_wide() {
        assert_eq!(
            table(&COLUMNS, &rows(), None, Paint(false)),
            "WID   WHO       NOTE\n\
             w-1   贝塔同学  offline\n\
             w-22  Zoë       the platform asks for a code\n"
        );
    }

    #[test]
    fn the_widest_shrinking_column_gives_way_first() {
        assert_eq!(
            table(&COLUMNS, &rows(), Some(30), Paint(false)),
            "WID   WHO       NOTE\n\
             w-1   贝塔同学  offline\n\
             w-22  Zoë       the platform …\n"
        );
    }

    #[test]
    fn a_wrapping_column_says_every_word_below_itself() {
        const COLUMNS: [Column; 2] = [Column::whole("FROM"), Column::wrapping("WHAT")];
        let rows =
            [["/isOnline".into(), "the platform says: 对方拒绝了".into()], ["person".into(), "so".into()]];
        assert_eq!(
            table(&COLUMNS, &rows, Some(27), Paint(false)),
            "FROM       WHAT\n\
             /isOnline  the platform\n           \
             says: 对方拒绝了\n\
             person     so\n"
        );
    }

    #[test]
    fn what_must_be_copied_is_never_cut() {
        let drawn = table(&COLUMNS, &rows(), Some(5), Paint(false));
        assert!(drawn.contains("w-22  Zoë       the pla…\n"), "{drawn}");
    }

    #[test]
    fn colours_do_not_count_as_width() {
        let rows = [[Cell::toned("a", Tone::Good), "b".into(), "c".into()]];
        let drawn = table(&COLUMNS, &rows, None, Paint(true));
        assert!(drawn.ends_with("\x1b[32ma\x1b[0m    b    c\n"), "{drawn:?}");
    }
}
