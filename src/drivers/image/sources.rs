//! Where packages come from: the apt sources of the machine that builds, as far as they serve the image's release.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt};

use camino::Utf8Path;

use super::tools;
use crate::{
    model::image::Base,
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// Lines for the image's `sources.list`: those given, else the machine's own.
pub(super) fn lines(base: &Base, given: &[String]) -> Result<Vec<String>> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let found = of_machine(Utf8Path::new("/etc/apt"), &base.release)?;
    if found.iter().any(|line| line.split_whitespace().any(|word| word == base.release)) {
        return Ok(found);
    }
    Err(Trouble::refused(format!("finding apt sources for {}", base.release))
        .because("this machine's /etc/apt has none for that release")
        .hint("set `ymir_image_apt_sources`, for example to [\"deb http://MIRROR/debian bookworm main\"]"))
}

fn of_machine(apt: &Utf8Path, release: &str) -> Result<Vec<String>> {
    let mut files = vec![apt.join("sources.list")];
    if let Ok(entries) = apt.join("sources.list.d").read_dir_utf8() {
        files.extend(entries.filter_map(|entry| entry.ok().map(camino::Utf8DirEntry::into_path)));
    }
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).or_host(|| format!("reading {file}"))?;
        lines.extend(match file.extension() {
            Some("list") => one_line_style(&text, release),
            Some("sources") => deb822_style(&text, release),
            _ => Vec::new(),
        });
    }
    Ok(lines)
}

/// This machine's settings for fetching packages, as lines of apt's configuration: proxies, and whether old lists are
/// good enough. A proxy's line may hold a password, so it goes into a file that only its owner may read.
pub(super) async fn settings() -> Result<Secret> {
    let dump = tools::tool("apt-config").args(["dump", "Acquire"]).success().await?;
    Ok(Secret::new(fetching(&dump.stdout).join("\n") + "\n"))
}

/// Writes a file that only its owner may read.
pub(super) fn write_private(path: &Utf8Path, text: &str) -> Result<()> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).or_host(|| format!("writing {path}"))
}

/// What no output may show of these settings or sources: the logins in their URLs, and each one's password.
pub(super) fn logins(text: &str) -> Vec<Secret> {
    let login = |rest: &str| {
        let end = rest.find(['/', '"', ';']).unwrap_or(rest.len());
        let authority = rest[..end].split_whitespace().next()?;
        Some(authority.rsplit_once('@')?.0.to_owned())
    };
    let found: Vec<String> = text.split("://").skip(1).filter_map(login).collect();
    let password = |login: &String| login.split_once(':').map(|(_, password)| password.to_owned());
    let passwords: Vec<String> = found.iter().filter_map(password).collect();
    found.into_iter().chain(passwords).map(Secret::new).collect()
}

fn fetching(dump: &str) -> Vec<String> {
    let kept = ["Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until"];
    let wanted = |line: &&str| {
        let name = line.split_whitespace().next().unwrap_or_default();
        kept.iter().any(|kept| name.starts_with(kept)) && !line.ends_with("\"\";")
    };
    dump.lines().filter(wanted).map(str::to_owned).collect()
}

/// The release and its updates; backports and third parties do not belong into an image unasked.
fn serves(suite: &str, release: &str) -> bool {
    matches!(suite.strip_prefix(release), Some("" | "-updates" | "-security"))
}

fn one_line_style(text: &str, release: &str) -> Vec<String> {
    let line = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1.trim_start(),
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        let components: Vec<&str> = words.collect();
        serves(suite, release).then(|| format!("deb {uri} {suite} {}", components.join(" ")))
    };
    text.lines().filter_map(line).collect()
}

fn deb822_style(text: &str, release: &str) -> Vec<String> {
    let uncommented: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let text = uncommented.join("\n");
    text.split("\n\n").flat_map(|stanza| stanza_lines(stanza, release)).collect()
}

fn stanza_lines(stanza: &str, release: &str) -> Vec<String> {
    let words = |wanted: &str| -> Vec<&str> {
        let mut lines = stanza.lines().skip_while(|line| {
            let field = line.split_once(':').map(|(name, _)| name);
            line.starts_with(' ') || !field.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        let first = lines.next().and_then(|line| line.split_once(':')).map(|(_, value)| value);
        let more = lines.take_while(|line| line.starts_with([' ', '\t']));
        first.into_iter().chain(more).flat_map(str::split_whitespace).collect()
    };
    if !words("Types").contains(&"deb") || words("Enabled").contains(&"no") {
        return Vec::new();
    }
    let components = words("Components").join(" ");
    let line = |uri: &str| {
        let suites = words("Suites").into_iter().filter(|suite| serves(suite, release));
        suites.map(|suite| format!("deb {uri} {suite} {components}")).collect::<Vec<_>>()
    };
    words("URIs").into_iter().flat_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_about_the_way_to_the_mirror_are_taken() {
        let dump = "Acquire \"\";\nAcquire::http \"\";\nAcquire::http::Proxy \"http://proxy:3128\";\n\
            Acquire::Languages \"none\";\nAcquire::Check-Valid-Until \"false\";\n";
        let expected = [
            "Acquire::http::Proxy \"http://proxy:3128\";",
            "Acquire::Check-Valid-Until \"false\";",
        ];
        assert_eq!(fetching(dump), expected);
    }

    #[test]
    fn settings_are_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("apt.conf");
        write_private(&path, "text").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn logins_of_proxies_and_mirrors_are_found() {
        let table: [(&str, &[&str]); 5] = [
            ("Acquire::http::Proxy \"http://me:hunter2@proxy:3128/\";", &["me:hunter2", "hunter2"]),
            (
                "Acquire::http::Proxy \"http://token@proxy\";\nx \"http://b:c@d\";",
                &["token", "b:c", "c"],
            ),
            ("deb http://mirror/debian bookworm main", &[]),
            ("deb https://me:p@ss@mirror/debian bookworm main", &["me:p@ss", "p@ss"]),
            ("deb http://mirror bookworm a@b", &[]),
        ];
        for (text, expected) in table {
            let found = logins(text);
            let found: Vec<&str> = found.iter().map(Secret::reveal).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn only_the_release_and_its_updates_are_taken() {
        let list = "# a mirror\n\
            deb [arch=amd64 signed-by=/k.gpg] http://a/debian bookworm main contrib # own\n\
            deb-src http://a/debian bookworm main\n\
            deb http://a/debian bookworm-backports main\n\
            deb http://other/apt cloud-sdk-bookworm main\n\
            deb http://a/security bookworm-security main\n";
        let expected = [
            "deb http://a/debian bookworm main contrib",
            "deb http://a/security bookworm-security main",
        ];
        assert_eq!(one_line_style(list, "bookworm"), expected);
    }

    #[test]
    fn stanzas_with_several_suites_become_several_lines() {
        let sources = "Types: deb\n# comment\nURIs: http://a/debian\n http://b/debian\n\
            Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\n\
            Enabled: no\nTypes: deb\nURIs: http://c/debian\nSuites: bookworm\nComponents: main\n\n\
            Types: deb-src\nURIs: http://d/debian\nSuites: bookworm\nComponents: main\n";
        let expected = [
            "deb http://a/debian bookworm main",
            "deb http://a/debian bookworm-updates main",
            "deb http://b/debian bookworm main",
            "deb http://b/debian bookworm-updates main",
        ];
        assert_eq!(deb822_style(sources, "bookworm"), expected);
    }
}
