//! The file of expected host keys, in OpenSSH's format: one sorted line per host that Ymir provisioned; other lines
//! stay as they are.

mod line;
pub mod own;

use std::{
    fs::{File, OpenOptions},
    io::Write,
};

use camino::Utf8Path;

use crate::trouble::{Result, Tell};

/// Ends each line that Ymir wrote; the host's name follows.
const MARK: &str = "ymir:";

/// Whether the file holds exactly this key for the host at this address.
pub fn holds(path: &Utf8Path, host: &str, address: &str, key: &str) -> Result<bool> {
    Ok(read(path)?.lines().any(|known| known == line(host, address, key)))
}

/// Puts the host's key in, in place of an earlier one.
pub fn remember(path: &Utf8Path, host: &str, address: &str, key: &str) -> Result<()> {
    edit(path, 0o644, |text| with(text, host, Some(&line(host, address, key))))
}

/// Takes the host's key out.
pub fn forget(path: &Utf8Path, host: &str) -> Result<()> {
    edit(path, 0o644, |text| with(text, host, None))
}

/// Whether the file has a line of Ymir's for this host.
pub fn knows(path: &Utf8Path, host: &str) -> Result<bool> {
    Ok(read(path)?.lines().any(|line| is_of(line, host)))
}

fn line(host: &str, address: &str, key: &str) -> String {
    let names = if host == address { host.to_owned() } else { format!("{host},{address}") };
    format!("{names} {} {MARK}{host}", key.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn is_of(line: &str, host: &str) -> bool {
    line.split_whitespace().last().and_then(|mark| mark.strip_prefix(MARK)) == Some(host)
}

/// The text with the host's line replaced by `new`; Ymir's lines come last, sorted.
fn with(text: &str, host: &str, new: Option<&str>) -> String {
    let is_ours = |line: &&str| line.split_whitespace().last().is_some_and(|w| w.starts_with(MARK));
    let kept = text.lines().filter(|line| !is_of(line, host));
    let (mut ours, others): (Vec<_>, Vec<_>) = kept.partition(is_ours);
    ours.extend(new);
    ours.sort_unstable();
    others.into_iter().chain(ours).flat_map(|line| [line, "\n"]).collect()
}

fn edit(path: &Utf8Path, mode: u32, change: impl Fn(&str) -> String) -> Result<()> {
    let _one = editing(path)?;
    let before = read(path)?;
    let after = change(&before);
    if before == after {
        return Ok(());
    }
    let dir = path.parent().unwrap_or(Utf8Path::new("."));
    let told = || format!("writing the expected host keys to {path}");
    let mut file =
        tempfile::Builder::new().prefix(".ssh_known_hosts.").tempfile_in(dir).or_host(told)?;
    file.write_all(after.as_bytes()).or_host(told)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    file.as_file().set_permissions(mode).or_host(told)?;
    file.as_file().sync_all().or_host(told)?;
    file.persist(path).or_host(told)?;
    Ok(())
}

/// Each edit reads and writes the whole file: one at a time, for hosts of this run that finish at once as for other
/// runs. The file itself is replaced by each edit, so the lock is on one beside it.
fn editing(path: &Utf8Path) -> Result<File> {
    let name = path.file_name().unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.lock"));
    let told = || format!("locking {beside} to change the expected host keys");
    let file = OpenOptions::new().create(true).append(true).open(&beside).or_host(told)?;
    file.lock().or_host(told)?;
    Ok(file)
}

fn read(path: &Utf8Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).or_host(|| format!("reading {path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_host_and_other_lines_stay() {
        let text = "# ours\ngit.example ssh-rsa AAA\nbm2,10.0.0.2 ssh-ed25519 OLD ymir:bm2\n";
        let new = line("bm1", "10.0.0.1", "ssh-ed25519 KEY someone@somewhere");
        let both = with(text, "bm1", Some(&new));
        insta::assert_snapshot!(both, @"
        # ours
        git.example ssh-rsa AAA
        bm1,10.0.0.1 ssh-ed25519 KEY ymir:bm1
        bm2,10.0.0.2 ssh-ed25519 OLD ymir:bm2
        ");
        assert_eq!(with(&both, "bm1", Some(&new)), both);
        assert_eq!(with(&both, "bm1", None), text);
        assert_eq!(with("", "bm1", None), "");
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::try_from(dir.path().join("ssh_known_hosts")).unwrap();
        let path = &path;
        std::thread::scope(|scope| {
            let write = |n| remember(path, &format!("n{n}"), "10.0.0.1", "ssh-ed25519 K").unwrap();
            for n in 0..8 {
                scope.spawn(move || write(n));
            }
        });
        assert_eq!(read(path).unwrap().lines().count(), 8);
        assert!(holds(path, "n3", "10.0.0.1", "ssh-ed25519 K").unwrap());
        // Another process holds the lock: the edit waits for it.
        let other = editing(path).unwrap();
        std::thread::scope(|scope| {
            let edit = scope.spawn(|| forget(path, "n3").unwrap());
            std::fs::write(path, format!("{}by hand\n", read(path).unwrap())).unwrap();
            assert!(!edit.is_finished());
            drop(other);
        });
        assert!(read(path).unwrap().contains("by hand"));
        assert!(!knows(path, "n3").unwrap());
    }
}
