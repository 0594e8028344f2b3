//! The matrix as data.

use serde::Deserialize;

/// The steps of provisioning, in their order.
pub(super) const STEPS: [&str; 5] =
    ["register", "inspect", "make available", "deploy", "verify over SSH"];

/// One fault at one step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cell {
    pub(super) step: String,
    pub(super) fault: String,
    pub(super) plays: Vec<Play>,
    pub(super) ends: Ends,
    #[serde(default)]
    pub(super) says: Vec<String>,
    pub(super) state: String,
    pub(super) hop: Option<String>,
    pub(super) first: Option<String>,
}

/// A fault of the rack, at the cell's host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Play {
    pub(super) step: String,
    pub(super) what: String,
    pub(super) times: u32,
}

/// How the step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ends {
    Done,
    Fails,
}

#[derive(Deserialize)]
struct Matrix {
    cell: Vec<Cell>,
}

/// All cells.
pub(super) fn cells() -> Vec<Cell> {
    let matrix: Matrix = toml::from_str(include_str!("matrix.toml")).unwrap();
    matrix.cell
}

#[test]
fn every_cell_is_of_a_step_and_there_once() {
    let cells = cells();
    for cell in &cells {
        assert!(STEPS.contains(&cell.step.as_str()), "{cell:?}");
        assert_eq!(cell.ends == Ends::Fails, cell.hop.is_some(), "{cell:?}");
        let same = |other: &&Cell| (&other.step, &other.fault) == (&cell.step, &cell.fault);
        assert_eq!(cells.iter().filter(same).count(), 1, "{cell:?}");
    }
}
