//! `ymir lab console`: what a node writes to its serial port, as it comes.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::Bench;
use crate::trouble::{Result, Tell, Trouble};

/// How much of the past is shown first.
const PAST: u64 = 8 << 10;

/// The file of a node's serial console.
pub fn path(bench: &Bench<'_>, node: &str) -> Result<Utf8PathBuf> {
    let names: Vec<&str> = bench.lab.nodes.iter().map(|node| node.name.as_str()).collect();
    if names.contains(&node) {
        return Ok(bench.places.console(node));
    }
    Err(Trouble::usage(format!("the lab has no node `{node}`"))
        .hint(format!("its nodes are {}", names.join(", "))))
}

/// Copies the end of the file and then whatever is appended to it, for ever; waits for a file that is not there yet.
pub async fn follow(path: &Utf8Path, out: &mut (dyn Write + Send)) -> Result<()> {
    let what = || format!("reading {path}");
    let mut at = std::fs::metadata(path).map_or(0, |file| file.len().saturating_sub(PAST));
    loop {
        let length = std::fs::metadata(path).map_or(0, |file| file.len());
        if length < at {
            // It was started anew.
            at = 0;
        }
        if length > at {
            let mut file = File::open(path).or_host(what)?;
            file.seek(SeekFrom::Start(at)).or_host(what)?;
            let mut text = Vec::new();
            file.read_to_end(&mut text).or_host(what)?;
            at += text.len() as u64;
            out.write_all(&text)
                .and_then(|()| out.flush())
                .or_host(|| "writing to standard output".into())?;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
