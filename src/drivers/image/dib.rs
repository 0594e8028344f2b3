//! Builds a root disk image with diskimage-builder, as `overcloud_dib_host_images` describes it.

use std::time::Duration;

use camino::Utf8Path;
use serde_json::Value;

use super::{
    Workshop,
    host_image::{product, record},
    manifest::{Manifest, Package},
    room::Room,
    tools::PATH,
};
use crate::{
    drivers::process::Run,
    model::dib::{DibImage, GitElements},
    plan::action::image::Dib,
    secret::Secrets,
    trouble::{Result, Tell, Trouble},
};

/// No image takes this long, unless its build hangs.
const LIMIT: Duration = Duration::from_hours(3);

/// What a build takes from outside its description.
pub(super) struct Outside<'a> {
    pub(super) secrets: &'a dyn Secrets,
    /// Where the operator looks for programs.
    pub(super) path: Option<&'a str>,
}

impl Workshop<'_> {
    /// Builds the image into `built`, a new directory of the room.
    pub(super) async fn dib_image(
        &self,
        dib: &Dib,
        outside: &Outside<'_>,
        room: &Room,
    ) -> Result<()> {
        let image = &dib.image;
        self.dib_packages(&image.name, &dib.builder.packages).await?;
        self.voice.progress("looking for diskimage-builder");
        let venv = self.dib_venv(&dib.builder).await?;
        for git in &dib.builder.git_elements {
            self.voice.progress(format!("fetching the elements of {}", git.repo));
            self.fetch_elements(git).await?;
        }
        let work = room.path("dib");
        std::fs::create_dir(&work).or_host(|| format!("creating {work}"))?;
        self.voice.progress("running disk-image-create");
        let elements: Vec<String> =
            dib.builder.git_elements.iter().filter_map(GitElements::elements).collect();
        let mut run = command(&venv, image, outside.path).dir(work.clone());
        run = run.env("DIB_IMAGE_CACHE", self.cache.join("dib"));
        run = run.env("TMPDIR", work.clone());
        if !elements.is_empty() {
            run = run.env("ELEMENTS_PATH", elements.join(":"));
        }
        // What the image says wins over all of these.
        run = image.env.iter().fold(run, |run, (key, value)| run.env(key, value));
        for (key, reference) in &image.secrets {
            let secret = outside.secrets.find(reference)?;
            run = run.env(key, secret.reveal()).hide([secret]);
        }
        // A build asks nobody: `sudo` must let it.
        let run = run.without_terminal().log(&self.log).time_limit(LIMIT);
        run.success().await.map_err(|trouble| {
            trouble
                .while_trying(format!("building the image {} with diskimage-builder", image.name))
        })?;
        self.gather(image, &work, room).await
    }

    /// Takes what diskimage-builder made.
    async fn gather(&self, image: &DibImage, work: &Utf8Path, room: &Room) -> Result<()> {
        let built = room.path("built");
        std::fs::create_dir(&built).or_host(|| format!("creating {built}"))?;
        let mut files = Vec::new();
        for file in image.files() {
            let (from, to) = (work.join(&file), built.join(&file));
            if !from.is_file() {
                return Err(Trouble::host(format!("building the image {}", image.name))
                    .because(format!("diskimage-builder ended well, but made no {file}"))
                    .hint("see its `type`: Ironic takes qcow2 and raw"));
            }
            std::fs::rename(&from, &to).or_host(|| format!("moving {from} to {to}"))?;
            files.push(product(built.clone(), file).await?);
        }
        let packages = packages(&work.join(format!("{}.d/dib-manifests", image.name)));
        let is_kernel = |package: &&Package| {
            package.name.starts_with("linux-image-") || package.name == "kernel-core"
        };
        let kernel = packages.iter().find(is_kernel).map(|package| package.version.clone());
        let manifest = Manifest {
            name: image.name.clone(),
            digest: self.digest.into(),
            built_at: jiff::Timestamp::now(),
            kernel: kernel.unwrap_or_else(|| "unknown".into()),
            virtual_size: None,
            files,
            packages,
        };
        record(&built, manifest)
    }
}

/// `disk-image-create`, as Kayobe calls it.
fn command(venv: &Utf8Path, image: &DibImage, operators: Option<&str>) -> Run {
    let bin = venv.join("bin");
    let path = search_path(&bin, operators);
    let mut run = Run::new(bin.join("disk-image-create")).env("PATH", path);
    if let Some(size) = &image.size {
        run = run.args(["--image-size", size]);
    }
    if let Some(architecture) = &image.architecture {
        run = run.args(["-a", architecture]);
    }
    if let Some(kind) = &image.r#type {
        run = run.args(["-t", kind]);
    }
    if !image.packages.is_empty() {
        run = run.args(["-p", &image.packages.join(",")]);
    }
    run.args(image.elements.iter().cloned()).args(["-o", &image.name])
}

/// Where its elements look for programs: as Kayobe does where the operator does, with the directories of system tools that
/// an operator's own path may lack.
fn search_path(bin: &Utf8Path, operators: Option<&str>) -> String {
    let parts = [Some(bin.as_str()), operators.filter(|path| !path.is_empty()), Some(PATH)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(":")
}

/// What diskimage-builder says is installed: its list for Debian and its kin, in one JSON file.
fn packages(manifests: &Utf8Path) -> Vec<Package> {
    let Ok(entries) = manifests.read_dir_utf8() else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(camino::Utf8DirEntry::into_path) {
        if !path.file_name().is_some_and(|name| name.starts_with("dib-manifest-dpkg-")) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let list: Value = serde_json::from_str(&text).unwrap_or_default();
        let list = list["packages"].as_array().cloned().unwrap_or_default();
        found.extend(list.iter().filter_map(|entry| {
            let word = |key: &str| entry[key].as_str().map(str::to_owned);
            Some(Package { name: word("package")?, version: word("version")? })
        }));
    }
    found
}

impl GitElements {
    /// The directory with elements, if the repository has them in one that it names.
    pub(super) fn elements(&self) -> Option<String> {
        let path = self.elements_path.as_ref()?;
        Some(format!("{}/{path}", self.local.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_command_line_is_kayobes() {
        let mut image = DibImage {
            name: "rocky".into(),
            elements: vec!["rocky-container".into(), "vm".into()],
            env: BTreeMap::new(),
            secrets: BTreeMap::new(),
            packages: vec![],
            size: None,
            r#type: None,
            architecture: None,
            force_rebuild: false,
        };
        let line = |image: &DibImage| command(Utf8Path::new("/venv"), image, None).line();
        assert_eq!(line(&image), "/venv/bin/disk-image-create rocky-container vm -o rocky");
        image.packages = vec!["vim".into(), "tmux".into()];
        image.size = Some("5".into());
        image.r#type = Some("raw".into());
        image.architecture = Some("arm64".into());
        let full = "/venv/bin/disk-image-create --image-size 5 -a arm64 -t raw -p vim,tmux rocky-container vm -o rocky";
        assert_eq!(line(&image), full);
    }

    #[test]
    fn the_operators_path_comes_before_the_systems() {
        let bin = Utf8Path::new("/venv/bin");
        assert_eq!(search_path(bin, None), format!("/venv/bin:{PATH}"));
        assert_eq!(search_path(bin, Some("")), format!("/venv/bin:{PATH}"));
        assert_eq!(search_path(bin, Some("/opt/bin")), format!("/venv/bin:/opt/bin:{PATH}"));
    }

    #[test]
    fn the_list_of_packages_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let list = r#"{"packages": [{"package": "linux-image-amd64","version": "6.1", "architecture": "amd64"}]}"#;
        std::fs::write(dir.join("dib-manifest-dpkg-rocky"), list).unwrap();
        std::fs::write(dir.join("dib_environment"), "declare -x SECRET=1").unwrap();
        let found = packages(dir);
        assert_eq!(found, [Package { name: "linux-image-amd64".into(), version: "6.1".into() }]);
        assert!(packages(&dir.join("nowhere")).is_empty());
    }
}
