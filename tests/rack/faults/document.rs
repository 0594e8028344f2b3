//! `docs/reliability.md` shows the matrix as it is tested.

use std::{fmt::Write, fs, path::Path};

use super::{
    killed,
    table::{Cell, Ends, STEPS, cells},
};

const BEGIN: &str = "<!-- matrix: begin -->\n";
const END: &str = "<!-- matrix: end -->\n";

/// The faults, in the order in which they come first.
fn faults(cells: &[Cell]) -> Vec<&str> {
    let mut faults: Vec<&str> = Vec::new();
    for cell in cells {
        if !faults.contains(&cell.fault.as_str()) {
            faults.push(&cell.fault);
        }
    }
    faults
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

fn head(words: &[&str]) -> String {
    row(words.iter().map(|word| (*word).to_owned())) + &format!("|{}\n", "---|".repeat(words.len()))
}

/// How each fault ends at each step.
fn overview(cells: &[Cell]) -> String {
    let mut text = head(&[&["fault"], &STEPS[..]].concat());
    for fault in faults(cells) {
        let at = |step: &&str| {
            let cell = cells.iter().find(|cell| cell.step == **step && cell.fault == fault);
            match cell.map(|cell| (cell.ends, &cell.hop)) {
                None => "—".to_owned(),
                Some((Ends::Fails, Some(hop))) => format!("fails: `{hop}`"),
                Some((Ends::Fails, None)) => "fails".to_owned(),
                Some((Ends::Done, _)) => "done".to_owned(),
            }
        };
        text += &row([fault.to_owned()].into_iter().chain(STEPS.iter().map(at)));
    }
    let killed: Vec<_> = killed::steps().collect();
    let at = |step: &&str| if killed.contains(step) { "resumes" } else { "—" }.to_owned();
    text + &row(["Ymir killed".to_owned()].into_iter().chain(STEPS.iter().map(at)))
}

/// What is told of those that fail.
fn failures(cells: &[Cell]) -> String {
    let mut text = head(&["step", "fault", "words of the message", "the node is", "before again"]);
    for cell in cells.iter().filter(|cell| cell.ends == Ends::Fails) {
        let words: Vec<_> = cell.says.iter().map(|word| format!("“{word}”")).collect();
        let state = match cell.state.as_str() {
            "" => "not registered".to_owned(),
            state => format!("`{state}`"),
        };
        let first = cell.first.as_ref().map(|first| format!("ask Ironic to `{first}` the node"));
        let cells = [cell.step.clone(), cell.fault.clone(), words.join(", "), state];
        text += &row(cells.into_iter().chain([first.unwrap_or_else(|| "nothing".to_owned())]));
    }
    text
}

#[test]
fn the_document_shows_the_matrix() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let cells = cells();
    let mut wanted = format!("\n{}\n", overview(&cells));
    writeln!(wanted, "{}", failures(&cells)).unwrap();
    if std::env::var_os("YMIR_WRITE_MATRIX").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, wanted, "YMIR_WRITE_MATRIX=1 writes the tables anew");
}
