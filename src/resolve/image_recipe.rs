//! Reads `host-images/<name>.yml`. The keys are those of Kayobe's `overcloud_dib_host_images` where they mean the same.

use std::sync::Arc;

use camino::Utf8Path;

use crate::{
    ansible::yaml::{self, Data, Node},
    model::image::{Architecture, Base, Distribution, HostImage, Mebibytes},
    near::nearest,
    trouble::{Result, Tell, Trouble},
};

/// Every key that a recipe may have, with what stands there when it is left out.
const KEYS: [&str; 10] = [
    "architecture",
    "distribution",
    "kernel",
    "kernel_arguments",
    "name",
    "packages",
    "release",
    "size",
    "type",
    "user",
];

/// Room for a root file system with a few packages more.
const DEFAULT_SIZE: Mebibytes = Mebibytes(2048);
/// Less does not hold the base system, an EFI partition and room to work.
const SMALLEST: Mebibytes = Mebibytes(1024);
/// More is a slip of the unit.
const LARGEST: Mebibytes = Mebibytes(1024 * 1024);
/// What Ymir's own images are made of.
const DEFAULT_RELEASE: &str = "bookworm";
/// The first user of Debian's own cloud images.
const DEFAULT_USER: &str = "debian";

/// Debian's releases that have all that the native builder puts into an image.
const RELEASES: [&str; 4] = ["bookworm", "forky", "sid", "trixie"];

/// Reads every recipe of a directory, sorted by name.
pub fn recipes(dir: &Utf8Path) -> Result<Vec<HostImage>> {
    let telling = || format!("reading the image recipes in {dir}");
    let mut images = Vec::new();
    for entry in dir.read_dir_utf8().or_refused(telling)? {
        let path = entry.or_refused(telling)?.into_path();
        if !matches!(path.extension(), Some("yml" | "yaml")) {
            continue;
        }
        let text = std::fs::read_to_string(&path).or_refused(|| format!("reading {path}"))?;
        let name = path.file_stem().unwrap_or_default();
        // As messages name the site's other files: from its top on.
        let shown = dir.parent().and_then(|site| path.strip_prefix(site).ok()).unwrap_or(&path);
        images.push(parse(name, &text, &shown.as_str().into())?);
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(images)
}

/// Parses the recipe of the image `name`.
pub fn parse(name: &str, text: &str, file: &Arc<str>) -> Result<HostImage> {
    let node = yaml::parse(text, file)?;
    let recipe = Recipe { text, file, node: &node };
    recipe.check_keys()?;
    recipe.check_name(name)?;
    if let Some((kind, node)) = recipe.text("type")?.filter(|(kind, _)| *kind != "qcow2") {
        return Err(recipe
            .fault(node, format!("`{kind}` is no image type that the native builder writes"))
            .hint("leave `type` out or write `qcow2`"));
    }
    Ok(HostImage {
        name: name.into(),
        base: recipe.base()?,
        size: recipe.size()?,
        packages: recipe.words("packages")?,
        kernel_arguments: recipe.words("kernel_arguments")?,
        user: recipe.name("user", DEFAULT_USER, is_user)?,
    })
}

struct Recipe<'a> {
    text: &'a str,
    file: &'a Arc<str>,
    node: &'a Node,
}

impl<'a> Recipe<'a> {
    fn fault(&self, node: &Node, cause: impl std::fmt::Display) -> Trouble {
        Trouble::refused(format!("reading {}", self.file))
            .because(cause)
            .at(&node.origin)
            .excerpt(yaml::excerpt(self.text, &node.origin, "here"))
    }

    fn check_keys(&self) -> Result<()> {
        let pairs = match &self.node.data {
            Data::Map(pairs) => pairs.as_slice(),
            // A file that somebody has yet to fill, or emptied by mistake, must not become an image.
            Data::Null => {
                return Err(self
                    .fault(self.node, "it is empty")
                    .hint("for plain Debian write `release: bookworm`"));
            }
            other => {
                let cause = format!("a recipe is a map, and this is {}", other.kind());
                return Err(self.fault(self.node, cause));
            }
        };
        for (key, _) in pairs {
            let Some(name) = key.data.as_text() else {
                let cause = format!("a key of a recipe is text, and this is {}", key.data.kind());
                return Err(self.fault(key, cause));
            };
            if KEYS.contains(&name) {
                continue;
            }
            let trouble = self.fault(key, format!("a recipe has no key `{name}`"));
            let all = format!("the keys of a recipe: {}", KEYS.join(", "));
            return Err(match nearest(name, KEYS).first() {
                Some(known) => trouble.hint(format!("did you mean `{known}`?")).hint(all),
                None => trouble.hint(all),
            });
        }
        Ok(())
    }

    fn check_name(&self, file_stem: &str) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !file_stem.chars().all(plain) || file_stem.starts_with(['.', '-']) {
            return Err(self
                .fault(self.node, format!("`{file_stem}` cannot be an image's name"))
                .hint("use letters, digits, `-`, `_` and `.` in the recipe's file name"));
        }
        match self.text("name")? {
            Some((name, node)) if name != file_stem => Err(self
                .fault(node, format!("the recipe of `{file_stem}` says its name is `{name}`"))
                .hint("an image is named after its recipe's file; leave `name` out or make both equal")),
            _ => Ok(()),
        }
    }

    fn base(&self) -> Result<Base> {
        self.only("distribution", "debian")?;
        self.only("architecture", "amd64")?;
        Ok(Base {
            distribution: Distribution::Debian,
            architecture: Architecture::Amd64,
            release: self.release()?.into(),
            kernel: self.name("kernel", "linux-image-amd64", is_package)?,
        })
    }

    fn release(&self) -> Result<&'a str> {
        let Some((release, node)) = self.text("release")? else { return Ok(DEFAULT_RELEASE) };
        if RELEASES.contains(&release) {
            return Ok(release);
        }
        let cause = format!("the native builder knows no release `{release}` of Debian");
        let trouble = self.fault(node, cause);
        let trouble = match nearest(release, RELEASES).first() {
            Some(known) => trouble.hint(format!("did you mean `{known}`?")),
            None => trouble,
        };
        Err(trouble.hint(format!("the releases that it knows: {}", RELEASES.join(", "))))
    }

    /// A name by somebody else's rules, which could not be what it should be otherwise.
    fn name(&self, key: &str, default: &str, is_name: fn(&str) -> bool) -> Result<String> {
        match self.text(key)? {
            Some((name, node)) if !is_name(name) => Err(self
                .fault(node, format!("`{name}` cannot be the name of a {key}"))
                .hint("use small letters, digits, and `-` between them")),
            Some((name, _)) => Ok(name.into()),
            None => Ok(default.into()),
        }
    }

    /// Refuses every value but the one that the native builder can build.
    fn only(&self, key: &str, supported: &str) -> Result<()> {
        match self.text(key)? {
            Some((value, node)) if value != supported => Err(self.fault(
                node,
                format!(
                    "the native builder makes no image with {key} `{value}`, only `{supported}`"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// A whole number of GiB, as in Kayobe, or a number with the unit `M` or `G`.
    fn size(&self) -> Result<Mebibytes> {
        let Some(node) = self.node.get("size") else { return Ok(DEFAULT_SIZE) };
        let size = match &node.data {
            Data::Int(gibibytes) => u64::try_from(*gibibytes).ok().map(|number| number * 1024),
            Data::Text(text) => with_unit(text),
            _ => None,
        };
        match size {
            Some(size) if (SMALLEST.0..=LARGEST.0).contains(&size) => Ok(Mebibytes(size)),
            Some(size) => Err(self.fault(
                node,
                format!("{} is no size for an image: 1 GiB to 1 TiB", Mebibytes(size)),
            )),
            None => Err(self
                .fault(node, "this is no size")
                .hint("write a whole number of GiB, or a number with a unit: `2`, `2G`, `1536M`")),
        }
    }

    fn text(&self, key: &str) -> Result<Option<(&'a str, &'a Node)>> {
        match self.node.get(key) {
            None => Ok(None),
            Some(node) if node.data == Data::Null => Ok(None),
            Some(node) => match node.data.as_text() {
                Some(text) if !text.is_empty() => Ok(Some((text, node))),
                _ => Err(self.fault(
                    node,
                    format!("`{key}` must be text, and this is {}", node.data.kind()),
                )),
            },
        }
    }

    /// A list of words: packages, kernel arguments.
    fn words(&self, key: &str) -> Result<Vec<String>> {
        let Some(node) = self.node.get(key).filter(|node| node.data != Data::Null) else {
            return Ok(Vec::new());
        };
        let Data::List(items) = &node.data else {
            let cause = format!("`{key}` must be a list, and this is {}", node.data.kind());
            return Err(self.fault(node, cause));
        };
        let word = |item: &Node| match item.data.as_text() {
            Some(text) if !text.is_empty() && !text.contains(char::is_whitespace) => {
                Ok(text.to_owned())
            }
            Some(text) => Err(self
                .fault(item, format!("`{text}` must be one word"))
                .hint(format!("give each of the `{key}` an item of its own"))),
            None => {
                Err(self.fault(item, format!("this must be text, and is {}", item.data.kind())))
            }
        };
        items.iter().map(word).collect()
    }
}

/// Whether a package can have this name by Debian's policy.
fn is_package(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(plain) && name.chars().all(|c| plain(c) || "+-.".contains(c))
}

/// Whether `useradd` takes this for a user's name.
fn is_user(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

fn with_unit(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "" | "G" | "GiB" => number.checked_mul(1024),
        "M" | "MiB" => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<HostImage> {
        parse("demo", text, &"host-images/demo.yml".into())
    }

    #[test]
    fn what_a_recipe_leaves_out_is_plain_debian() {
        let image = read("release: bookworm\n").unwrap();
        assert_eq!(image.file(), "demo.qcow2");
        assert_eq!((image.size, image.user.as_str()), (DEFAULT_SIZE, "debian"));
        assert_eq!(image.base.kernel, "linux-image-amd64");
        assert!(image.packages.is_empty() && image.kernel_arguments.is_empty());
    }

    #[test]
    fn every_key_is_read() {
        let image = read(
            "name: demo\ndistribution: debian\nrelease: trixie\narchitecture: amd64\ntype: qcow2\n\
             kernel: linux-image-cloud-amd64\nsize: 1536M\nuser: ops\npackages:\n- chrony\n\
             kernel_arguments: [quiet, hugepages=16]\n",
        )
        .unwrap();
        assert_eq!(image.base.release, "trixie");
        assert_eq!(image.base.kernel, "linux-image-cloud-amd64");
        assert_eq!((image.size, image.user.as_str()), (Mebibytes(1536), "ops"));
        assert_eq!(image.packages, ["chrony"]);
        assert_eq!(image.kernel_arguments, ["quiet", "hugepages=16"]);
    }

    #[test]
    fn sizes_are_gibibytes_or_have_a_unit() {
        for (written, expected) in [("4", 4096), ("4G", 4096), ("3GiB", 3072), ("1500M", 1500)] {
            assert_eq!(read(&format!("size: {written}")).unwrap().size.0, expected, "{written}");
        }
    }

    #[test]
    fn faults_name_the_place_and_the_way_out() {
        let cases = [
            ("pakages: [vim]", (1, 1), "no key `pakages`", "did you mean `packages`?"),
            ("name: other", (1, 7), "says its name is `other`", "named after its recipe's file"),
            ("type: raw", (1, 7), "`raw` is no image type", "write `qcow2`"),
            ("size: big", (1, 7), "this is no size", "`2`, `2G`, `1536M`"),
            ("packages: vim", (1, 11), "must be a list, and this is text", ""),
            ("packages:\n- vim nano", (2, 3), "must be one word", "an item of its own"),
            ("kernel_arguments: [1]", (1, 20), "must be text, and is an integer", ""),
            ("distribution: rocky", (1, 15), "only `debian`", ""),
            ("size: 0", (1, 7), "0 GiB is no size for an image", ""),
            ("", (1, 1), "it is empty", "write `release: bookworm`"),
            ("---\n# nothing yet\n", (3, 1), "it is empty", "write `release: bookworm`"),
            (
                "release: nosuch",
                (1, 10),
                "knows no release `nosuch`",
                "bookworm, forky, sid, trixie",
            ),
            ("release: bookwurm", (1, 10), "`bookwurm`", "did you mean `bookworm`?"),
            ("release: 12", (1, 10), "`release` must be text, and this is an integer", ""),
            ("kernel: [a]", (1, 9), "`kernel` must be text, and this is a list", ""),
            ("kernel: linux image", (1, 9), "cannot be the name of a kernel", "small letters"),
            ("user: {a: b}", (1, 7), "`user` must be text, and this is a map", ""),
            ("user: 'ops: x'", (1, 7), "cannot be the name of a user", "small letters"),
            ("size: [2]", (1, 7), "this is no size", ""),
            ("12: a", (1, 1), "a key of a recipe is text, and this is an integer", ""),
            ("- a", (1, 1), "a recipe is a map, and this is a list", ""),
        ];
        for (text, (line, column), cause, hint) in cases {
            let trouble = read(text).unwrap_err();
            let origin = trouble.origin.clone().unwrap();
            assert_eq!((origin.line, origin.column), (line, column), "{text}");
            assert!(trouble.causes[0].contains(cause), "{text}: {:?}", trouble.causes);
            assert!(trouble.hints.join("\n").contains(hint), "{text}: {:?}", trouble.hints);
        }
    }
}
