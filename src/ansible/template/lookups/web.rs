//! The lookup `url`.

use std::{sync::Arc, time::Duration};

use super::{Found, options::Options, search};
use crate::ansible::{
    fetch::{Login, NoPage, Page},
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Faulty, Outcome},
        filters::logic,
        sameness, text,
        value::{Key, Val},
    },
};

/// What Ansible can do with a request, and Ymir's client cannot.
const UNKNOWN: &[&str] = &["unix_socket", "use_gssapi", "ciphers"];

/// Gets pages and gives their lines, or with `split_lines=false` each as one text.
pub(super) fn url(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut options = Options::of("url", args);
    let splits = options.flag("split_lines", true)?;
    let page = template(env, &mut options)?;
    let mut found = Vec::new();
    for term in terms {
        let bytes = content(env, &search::path_of(&term)?, &page)?;
        let text = String::from_utf8_lossy(&bytes);
        if splits {
            found.extend(lines(&text).map(Val::str));
        } else {
            found.push(Val::str(text));
        }
    }
    Ok(found)
}

/// The lines as Python splits bytes.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_suffix('\n').map_or(text.clone(), str::to_owned);
    let lines: Vec<String> = match &*text {
        "" => Vec::new(),
        text => text.split('\n').map(str::to_owned).collect(),
    };
    lines.into_iter()
}

/// A setting: an option of the call, else a variable, else an environment variable.
fn setting(env: &Arc<Env>, options: &mut Options<'_>, name: &str, outside: &str) -> Option<Val> {
    let variable = || env.variable(&format!("ansible_lookup_url_{outside}")).map(Val::forced);
    let exported = || {
        let name = format!("ANSIBLE_LOOKUP_URL_{}", outside.to_uppercase());
        env.scope().world().env(&name).map(Val::str)
    };
    options.value(name).or_else(variable).or_else(exported)
}

/// The request of all terms, without its address.
fn template(env: &Arc<Env>, options: &mut Options<'_>) -> Outcome<Page> {
    for name in UNKNOWN {
        if options.value(name).is_some_and(|value| value.truth().unwrap_or(true)) {
            return Err(Fault::with_hint(
                format!("the lookup plugin 'url' does not know the option `{name}` here"),
                "get the file another way, save it in the site repository and use `file`",
            ));
        }
    }
    let mut set = |name, outside| setting(env, options, name, outside);
    let agent = set("http_agent", "agent")
        .map_or(Ok("ansible-httpget".to_owned()), |agent| text::str_of(&agent))?;
    let timeout = seconds(set("timeout", "timeout"))?;
    let fresh = set("force", "force").map_or(Ok(false), |flag| logic::to_bool(&flag))?;
    let unasked = set("force_basic_auth", "force_basic_auth")
        .map_or(Ok(false), |flag| logic::to_bool(&flag))?;
    let authorities = set("ca_path", "ca_path").map(|path| text::str_of(&path)).transpose()?;
    let follow = set("follow_redirects", "follow_redirects")
        .map_or(Ok("urllib2".to_owned()), |follow| text::str_of(&follow))?;
    let mut headers = vec![
        ("User-Agent".to_owned(), agent),
        ("Accept-Encoding".to_owned(), "identity".to_owned()),
    ];
    if fresh {
        headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    }
    headers.extend(own_headers(options.value("headers"))?);
    let login = match options.text("username")? {
        Some(user) => Some(Login { user, password: options.text_or("password", "")?, unasked }),
        None => None,
    };
    Ok(Page {
        url: String::new(),
        headers,
        login,
        validate_certs: options.flag("validate_certs", true)?,
        authorities,
        use_proxy: options.flag("use_proxy", true)?,
        follow_redirects: follows(&follow)?,
        timeout,
    })
}

fn own_headers(given: Option<Val>) -> Outcome<Vec<(String, String)>> {
    match given.map(Val::used).transpose()? {
        None => Ok(Vec::new()),
        Some(Val::Dict(dict)) => {
            let pairs = dict.pairs().into_iter();
            let pair = |(name, value): (Key, Val)| {
                Ok((text::str_of(name.as_val())?, text::str_of(&value)?))
            };
            pairs.map(pair).collect()
        }
        Some(other) => {
            let other = other.type_name();
            Err(Fault::new(format!(
                "Config 'headers' for 'url' lookup plugin has an invalid value: '{other}' is no dictionary"
            )))
        }
    }
}

fn follows(word: &str) -> Outcome<bool> {
    match word {
        "urllib2" | "all" | "yes" | "safe" => Ok(true),
        "none" | "no" => Ok(false),
        other => Err(Fault::with_hint(
            format!(
                "Invalid value '{other}' for config 'follow_redirects' for 'url' lookup plugin."
            ),
            "use one of: all, none, safe, urllib2",
        )),
    }
}

fn seconds(given: Option<Val>) -> Outcome<Duration> {
    let number = match given {
        None => Some(10.0),
        Some(Val::Float(number)) => Some(number),
        Some(other) => text::parse_float(&text::str_of(&other)?),
    };
    let limit = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    limit.ok_or_else(|| {
        Fault::new("Config 'timeout' for 'url' lookup plugin has an invalid value: it is a number of seconds")
    })
}

/// An address without the login in it, and that login.
fn taken_apart(url: &str) -> (String, Option<Login>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return (url.to_owned(), None) };
    let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
    let address = format!("{scheme}://{}", &rest[at + 1..]);
    let (user, password) = (user.to_owned(), password.to_owned());
    (address, Some(Login { user, password, unasked: false }))
}

/// A page's bytes; a login in the address counts before the options, and no message shows it.
fn content(env: &Arc<Env>, written: &str, page: &Page) -> Outcome<Vec<u8>> {
    sameness::lost();
    let world = env.scope().world();
    let (url, login) = taken_apart(written);
    if let Some(path) = url.strip_prefix("file://") {
        let read = world.read(path).map_err(|trouble| search::told(&trouble))?;
        return read.ok_or_else(|| {
            Fault::new(format!("Failed lookup url for {url}: there is no such file"))
        });
    }
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Fault::with_hint(
            format!("unknown url type: '{url}'"),
            "write an address that begins with http://, https:// or file://",
        ));
    }
    let page = Page { url, login: login.or_else(|| page.login.clone()), ..page.clone() };
    match world.page(&page).map_err(|trouble| search::told(&trouble))? {
        Ok(bytes) => Ok(bytes),
        Err(failure) => Err(failed(&page.url, &failure)),
    }
}

fn failed(url: &str, failure: &NoPage) -> Faulty {
    let hint = "is the server up? What is to be read without it can be saved in the site repository, for `file`";
    match failure {
        NoPage::Status(code, reason) => Fault::with_hint(
            format!("Received HTTP error for {url}: HTTP Error {code}: {reason}"),
            "check the address, and `username` and `password` if it needs a login",
        ),
        NoPage::Unreachable(why) => {
            Fault::with_hint(format!("Failed lookup url for {url}: {why}"), hint)
        }
        NoPage::TimedOut => {
            Fault::with_hint(format!("Failed lookup url for {url}: timed out"), hint)
        }
    }
}
