//! Reads what a git repository held at an earlier revision. Neither the work tree nor the index is touched.

use camino::{Utf8Path, Utf8PathBuf};
use futures::{FutureExt, future::BoxFuture};
use tempfile::TempDir;

use super::process::Run;
use crate::trouble::{Result, Tell, Trouble};

/// A directory as a revision has it; it is gone when this is dropped.
#[derive(Debug)]
pub struct Snapshot {
    _dir: TempDir,
    /// The directory.
    pub path: Utf8PathBuf,
    /// Where the repository's files lie, and where the real ones do: for showing paths as people know them.
    pub shown_as: [(Utf8PathBuf, Utf8PathBuf); 2],
}

impl Snapshot {
    /// Takes the directory, which lies in a git repository, out of a revision, with submodules that are checked out.
    pub async fn take(directory: &Utf8Path, revision: &str) -> Result<Self> {
        let telling = || format!("reading {directory} as it was at `{revision}`");
        let refused = |trouble: &Trouble| Trouble::refused(telling()).caused_by(trouble);
        let ask = |word: &str| git(directory).args(["rev-parse", word]).success();
        let top = ask("--show-toplevel").await.map_err(|trouble| {
            refused(&trouble).hint("--since reads a site repository that is in git")
        })?;
        let (top, below) = (trimmed(&top.stdout), trimmed(&ask("--show-prefix").await?.stdout));
        let commit = git(&top)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{revision}^{{commit}}"))
            .output()
            .await?;
        if commit.code != 0 {
            return Err(Trouble::refused(telling())
                .because(format!("{top} has no revision `{revision}`"))
                .hint("`git log --oneline` shows the revisions that there are"));
        }
        let dir = tempfile::tempdir().or_host(telling)?;
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).map_err(|path| {
            Trouble::host(telling()).because(format!("{} is not UTF-8", path.display()))
        })?;
        let files = root.join("files");
        check_out(top.clone(), trimmed(&commit.stdout).to_string(), root, files.clone()).await?;
        let path = if below.as_str().is_empty() { files.clone() } else { files.join(&below) };
        if !path.is_dir() {
            return Err(
                Trouble::refused(telling()).because(format!("`{revision}` does not have it"))
            );
        }
        let shown_as = [(path.clone(), directory.to_owned()), (files, top)];
        Ok(Self { _dir: dir, path, shown_as })
    }
}

impl Snapshot {
    /// The same file or directory as the revision has it, if it lies in the repository.
    pub fn path_of(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let real = |path: &Utf8Path| path.canonicalize_utf8().ok();
        let path = real(path)?;
        let inside = |(then, now): &(Utf8PathBuf, Utf8PathBuf)| {
            let below = path.strip_prefix(real(now)?).ok()?;
            Some(if below.as_str().is_empty() { then.clone() } else { then.join(below) })
        };
        self.shown_as.iter().find_map(inside)
    }
}

fn git(directory: &Utf8Path) -> Run {
    // Inside a git hook these name another repository or index.
    let run = Run::new("env").args(["-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "git", "-C"]);
    run.arg(directory.as_str())
}

fn trimmed(output: &str) -> Utf8PathBuf {
    output.trim_end_matches(['\n', '/']).into()
}

/// Writes all files of a commit to `to`, and those of its submodules; `aside` holds the index that this needs.
fn check_out(
    top: Utf8PathBuf,
    commit: String,
    aside: Utf8PathBuf,
    to: Utf8PathBuf,
) -> BoxFuture<'static, Result<()>> {
    async move {
        let index = aside.join(format!("index-{commit}"));
        let git = || git(&top).env("GIT_INDEX_FILE", index.as_str());
        git().args(["read-tree", &commit]).success().await?;
        let prefix = format!("--prefix={to}/");
        git().args(["checkout-index", "--all", "--quiet", &prefix]).success().await?;
        let entries = git().args(["ls-files", "--stage", "-z"]).success().await?;
        for (commit, path) in submodules(&entries.stdout) {
            let inner = top.join(path);
            if !inner.join(".git").exists() {
                tracing::warn!("the submodule {inner} is not checked out, and is left out");
                continue;
            }
            check_out(inner, commit.to_owned(), aside.clone(), to.join(path)).await?;
        }
        Ok(())
    }
    .boxed()
}

/// The commits and paths of the submodules among the entries of an index.
fn submodules(entries: &str) -> Vec<(&str, &str)> {
    let submodule = |entry| {
        let (about, path) = str::split_once(entry, '\t')?;
        let commit = about.strip_prefix("160000 ")?.split(' ').next()?;
        Some((commit, path))
    };
    entries.split('\0').map(str::trim_start).filter_map(submodule).collect()
}

#[cfg(test)]
mod tests {
    use super::submodules;

    #[test]
    fn submodules_are_found_among_files() {
        let entries = "100644 aa11 0\ta.yml\x00160000 bb22 0\tshared/base\x00120000 cc33 0\tlink\0";
        assert_eq!(submodules(entries), [("bb22", "shared/base")]);
    }
}
