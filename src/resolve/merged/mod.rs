//! The files that Kolla gets: which there are, from which layers they come, and how they become one.

mod checks;
mod render;
mod settings;
mod sources;

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

pub use self::{render::Content, sources::Source};
use self::{
    settings::{LOCALHOST, Settings},
    sources::Places,
};
use crate::{
    ansible::{
        Play, PlayVariables, Variables,
        builtin::Contribution,
        merge::{
            Strategy, glob,
            rules::{self, Include, Params},
            yaml::Leaf,
        },
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::{Result, Trouble},
};

/// Whose hosts build container images.
const BUILDERS: &str = "container-image-builders";
/// Where a layer has its files for Kolla's services.
const CONFIG: &str = "kolla/config";
/// Bifrost reads longer lines than others.
const BIFROST_WIDTH: usize = 131_072;

/// Who gets a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Kolla Ansible's configuration on the control host.
    ControlHost,
    /// Kolla's configuration on hosts that build container images.
    ImageBuilders,
}

/// A file that becomes one of several.
#[derive(Debug, Clone, Serialize)]
pub struct MergedFile {
    /// Below the directory of the configuration that it belongs to.
    pub path: String,
    pub place: Place,
    pub strategy: Strategy,
    /// The lowest layer's file first.
    pub sources: Vec<Source>,
    #[serde(skip)]
    params: Params,
}

/// All merged files of an environment.
#[derive(Debug)]
pub struct MergedFiles<'a> {
    variables: &'a Variables,
    play_variables: Arc<PlayVariables>,
    builder: Option<(String, Arc<PlayVariables>)>,
    /// In the order of their paths.
    pub files: Vec<MergedFile>,
    /// Which files below `config` would be stale if no layer had them.
    pub includes: Vec<Include>,
    /// Which of these are not, because other steps make them.
    pub kept: Vec<Include>,
}

impl<'a> MergedFiles<'a> {
    /// Finds the files; nothing is rendered yet.
    pub fn find(variables: &'a Variables) -> Result<Self> {
        let play_variables = Arc::new(PlayVariables::of(variables.release())?);
        let play = play(variables, LOCALHOST, &play_variables)?;
        let Settings { includes, rules, kept } = settings::read(variables, &play)?;
        let built_in = variables.release().contributions()?;
        let finder = Finder { variables, built_in: &built_in, play: &play };
        let mut files = finder.single("globals.yml", "kolla/globals.yml", Params::default())?;
        files.extend(finder.bifrost()?);
        files.extend(finder.services(&includes, &rules)?);
        let builder = builder(variables)?;
        if builder.is_some() {
            files.extend(finder.builder()?);
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { variables, play_variables, builder, files, includes, kept })
    }

    /// Whether a file below `config` that no layer has is a leftover.
    pub fn is_stale(&self, path: &str) -> bool {
        let kept = |path: &str| {
            self.kept.iter().any(|kept| kept.enabled && glob::matches(&kept.glob, path))
        };
        self.includes.iter().any(|include| glob::matches(&include.glob, path)) && !kept(path)
    }

    /// Renders and merges one file.
    pub fn content(&self, file: &MergedFile) -> Result<Content> {
        let (host, variables) = match (&self.builder, file.place) {
            (Some((host, variables)), Place::ImageBuilders) => (host.as_str(), variables),
            _ => (LOCALHOST, &self.play_variables),
        };
        let checked = play(self.variables, host, variables)?;
        match file.path.as_str() {
            "config/neutron/ml2_conf.ini" => checks::switches(self.variables, &checked)?,
            "config/bifrost/bifrost.yml" => checks::dhcp_pool(self.variables, &checked)?,
            _ => {}
        }
        // What the checks have read is no part of the file.
        let play = play(self.variables, host, variables)?;
        render::Renderer { variables: self.variables, play: &play, file }.content()
    }

    /// What the layers say for a file, before anything is rendered; encrypted files as they are.
    pub fn written(&self, file: &MergedFile) -> Vec<Vec<u8>> {
        let files = self.variables.files();
        file.sources.iter().map(|source| source.written(files)).collect()
    }

    /// The values of merged YAML, with stars instead of secrets.
    pub fn masked_leaves(&self, content: &Content) -> Vec<Leaf> {
        content.masked_leaves(self.variables)
    }

    /// A file's text with stars instead of secrets.
    pub fn masked(&self, content: &Content) -> Option<String> {
        content.masked(self.variables)
    }
}

fn play(variables: &Variables, host: &str, of: &Arc<PlayVariables>) -> Result<Play> {
    variables.play(host, of).ok_or_else(|| Trouble::internal(format!("there is no host {host}")))
}

/// The host whose variables the builders' files are made with, and the play's variables there.
fn builder(variables: &Variables) -> Result<Option<(String, Arc<PlayVariables>)>> {
    let Some(host) = variables.group(BUILDERS).and_then(|hosts| hosts.into_iter().next()) else {
        return Ok(None);
    };
    let mut of = PlayVariables::of(variables.release())?;
    let has_repos = repos(variables, &BTreeMap::new())?.is_some();
    if has_repos {
        let origin = Origin::whole("kolla/repos.yml");
        let text = "{{ kolla_build_config_path }}/repos.yml".to_owned();
        of = of.with("kolla_build_repos_yaml_path", Node { origin, data: Data::Text(text) });
    }
    Ok(Some((host, Arc::new(of))))
}

/// The layers' files with package repositories; they may have either ending.
fn repos(
    variables: &Variables,
    built_in: &BTreeMap<String, Contribution>,
) -> Result<Option<Vec<Source>>> {
    let mut found = Vec::new();
    for dir in variables.layers() {
        let places = Places { variables, built_in, dirs: std::slice::from_ref(dir) };
        for name in ["kolla/repos.yaml", "kolla/repos.yml"] {
            found.extend(places.named(name)?);
        }
    }
    Ok(Some(found).filter(|found| !found.is_empty()))
}

struct Finder<'a> {
    variables: &'a Variables,
    built_in: &'a BTreeMap<String, Contribution>,
    play: &'a Play,
}

impl Finder<'_> {
    fn places(&self) -> Places<'_> {
        Places { variables: self.variables, built_in: self.built_in, dirs: self.variables.layers() }
    }

    /// A YAML file that is always merged, if any layer has it.
    fn single(&self, path: &str, named: &str, params: Params) -> Result<Vec<MergedFile>> {
        let sources = self.places().named(named)?;
        let file = MergedFile {
            path: path.to_owned(),
            place: Place::ControlHost,
            strategy: Strategy::MergeYaml,
            sources,
            params,
        };
        Ok(Some(file).filter(|file| !file.sources.is_empty()).into_iter().collect())
    }

    fn bifrost(&self) -> Result<Vec<MergedFile>> {
        if !settings::is_true(self.play, "kolla_enable_bifrost")? {
            return Ok(Vec::new());
        }
        let params = Params { yaml_width: BIFROST_WIDTH, ..Params::default() };
        let mut files = Vec::new();
        for name in ["bifrost.yml", "dib.yml", "servers.yml"] {
            let path = format!("config/bifrost/{name}");
            files.extend(self.single(&path, &format!("kolla/{path}"), params)?);
        }
        Ok(files)
    }

    fn services(&self, includes: &[Include], rules: &[rules::Rule]) -> Result<Vec<MergedFile>> {
        const MERGING: &str = "kolla_openstack_custom_config_environment_merging_enabled";
        let mut places = self.places();
        if !settings::is_true(self.play, MERGING)? {
            places.dirs = &places.dirs[places.dirs.len() - 1..];
        }
        let file = |(path, sources): (String, Vec<Source>)| {
            let (strategy, params) = rules::choose(rules, &path, sources.len())?;
            let path = format!("config/{path}");
            Some(MergedFile { path, place: Place::ControlHost, strategy, sources, params })
        };
        Ok(places.matching(CONFIG, includes)?.into_iter().filter_map(file).collect())
    }

    fn builder(&self) -> Result<Vec<MergedFile>> {
        let params = Params { mode: 0o644, ..Params::default() };
        let place = Place::ImageBuilders;
        let configuration = MergedFile {
            path: "kolla-build.conf".into(),
            place,
            strategy: Strategy::MergeConfigs,
            sources: self.places().named("kolla/kolla-build.conf")?,
            params,
        };
        let repos = repos(self.variables, self.built_in)?.map(|sources| MergedFile {
            path: "repos.yml".into(),
            place,
            strategy: Strategy::MergeYaml,
            sources,
            params,
        });
        Ok(std::iter::once(configuration).chain(repos).collect())
    }
}
