//! Turns the environment into settings; the only reader of environment variables.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

/// The environment variables of this process, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment(pub BTreeMap<String, String>);

impl Environment {
    /// The real environment; variables that are not UTF-8 are left out.
    pub fn of_this_process() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(utf8).collect())
    }

    /// A variable's value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first of these variables that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Where Ymir keeps runs and locks: `$YMIR_STATE_DIR`, else `ymir` in the XDG state directory.
    pub fn state_dir(&self) -> Utf8PathBuf {
        self.dir("YMIR_STATE_DIR", "XDG_STATE_HOME", ".local/state")
    }

    /// Where downloads and builds are kept: `$YMIR_CACHE_DIR`, else `ymir` in the XDG cache directory.
    pub fn cache_dir(&self) -> Utf8PathBuf {
        self.dir("YMIR_CACHE_DIR", "XDG_CACHE_HOME", ".cache")
    }

    fn dir(&self, own: &str, xdg: &str, under_home: &str) -> Utf8PathBuf {
        let home = || Utf8PathBuf::from(self.get("HOME").unwrap_or("/root")).join(under_home);
        let base = || self.get(xdg).map_or_else(home, Utf8PathBuf::from).join("ymir");
        absolute(self.get(own).map_or_else(base, Utf8PathBuf::from))
    }
}

/// Relative paths start at the current directory; one that cannot be made absolute stays as it is and fails where it is
/// used.
fn absolute(path: Utf8PathBuf) -> Utf8PathBuf {
    camino::absolute_utf8(&path).unwrap_or(path)
}
