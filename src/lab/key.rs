//! The key that opens the lab's hosts.

use super::{Bench, Did, places};
use crate::{
    drivers::process::Run,
    trouble::{Result, Tell},
};

/// Makes sure that there is a key pair.
pub(super) async fn ensure(bench: &Bench<'_>) -> Result<Did> {
    let dir = bench.places.root.join("ssh");
    let (private, public) = (dir.join("id_ed25519"), dir.join("id_ed25519.pub"));
    if private.exists() && public.exists() {
        return Ok(Did::Nothing(format!("in {private}")));
    }
    // Made under other names: half a pair must not count.
    let new = dir.join("new");
    places::make_dir(&dir)?;
    places::forget(&new)?;
    let words = ["-q", "-t", "ed25519", "-N", "", "-C", "ymir-lab", "-f", new.as_str()];
    Run::new("ssh-keygen").args(words).success().await?;
    let rename = |from: &str, to| std::fs::rename(from, to).or_host(|| format!("renaming {from}"));
    rename(new.as_str(), &private)?;
    rename(&format!("{new}.pub"), &public)?;
    Ok(Did::Something(format!("made {private}")))
}
