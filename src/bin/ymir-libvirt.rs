//! Answers one request of `drivers::libvirt`: JSON from standard input to libvirt, the reply to standard output.

use std::io::Read;

use virt::{
    connect::Connect,
    domain::{Domain, DomainPausedReason, DomainStateReason},
    enumutil::Enum,
    error::{Error, ErrorNumber},
    sys,
};
use ymir::drivers::libvirt::{self, Ask, Pause, Reply, Request};

fn main() {
    // libvirt would print every error to standard error as well.
    virt::error::clear_error_callback();
    let reply = answer().unwrap_or_else(|message| Reply::Failed { message });
    let text = serde_json::to_string(&reply).expect("a reply is plain data");
    #[expect(clippy::print_stdout, reason = "standard output is where the reply goes")]
    {
        println!("{text}");
    }
}

fn answer() -> Result<Reply, String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| format!("reading the request: {error}"))?;
    let request: Request =
        serde_json::from_str(&text).map_err(|error| format!("reading the request: {error}"))?;
    let uri = &request.uri;
    let connection = Connect::open(Some(uri))
        .map_err(|error| format!("connecting to {uri}: {}", error.message()))?;
    perform(&connection, &request.ask).map_err(|error| error.message().to_owned())
}

fn perform(connection: &Connect, ask: &Ask) -> Result<Reply, Error> {
    let changed = match ask {
        Ask::Domains => return domains(connection).map(Reply::Domains),
        Ask::Define { xml } => connection.define_domain_xml(xml).map(|_| true)?,
        Ask::Undefine { name } => match domain(connection, name)? {
            None => false,
            Some(domain) => {
                domain.undefine_flags(sys::VIR_DOMAIN_UNDEFINE_NVRAM)?;
                true
            }
        },
        Ask::Destroy { name } => match domain(connection, name)? {
            Some(domain) if domain.is_active()? => {
                domain.destroy()?;
                true
            }
            _ => false,
        },
        Ask::Start { name } => {
            let domain = connection.lookup_domain_by_name(name)?;
            let off = !domain.is_active()?;
            if off {
                domain.create()?;
            }
            off
        }
        Ask::Pool { name, path } => pool(connection, name, path)?,
    };
    Ok(Reply::Done { changed })
}

fn domains(connection: &Connect) -> Result<Vec<libvirt::Domain>, Error> {
    let describe = |domain: &Domain| {
        Ok(libvirt::Domain {
            name: domain.name()?,
            uuid: domain.uuid_string()?,
            running: domain.is_active()?,
            paused: paused(domain)?,
        })
    };
    let mut found: Vec<_> =
        connection.list_all_domains(0)?.iter().map(describe).collect::<Result<_, Error>>()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn paused(domain: &Domain) -> Result<Option<Pause>, Error> {
    let (_, reason) = domain.state()?;
    let Enum::Known(DomainStateReason::Paused(why)) = reason else { return Ok(None) };
    let by_disk = why.is_known_and(|why| why == DomainPausedReason::IOError);
    Ok(Some(if by_disk { Pause::Disk } else { Pause::Other }))
}

fn domain(connection: &Connect, name: &str) -> Result<Option<Domain>, Error> {
    unless(connection.lookup_domain_by_name(name), ErrorNumber::NoDomain)
}

fn pool(connection: &Connect, name: &str, path: &str) -> Result<bool, Error> {
    let known = unless(connection.lookup_storage_pool_by_name(name), ErrorNumber::NoStoragePool)?;
    let is_new = known.is_none();
    let pool = match known {
        Some(pool) => pool,
        None => connection.define_storage_pool_xml(&pool_xml(name, path), 0)?,
    };
    pool.set_autostart(true)?;
    let stopped = !pool.is_active()?;
    if stopped {
        pool.create(0)?;
    }
    Ok(is_new || stopped)
}

fn pool_xml(name: &str, path: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<pool type='dir'><name>{}</name><target><path>{}</path></target></pool>",
        escape(name),
        escape(path)
    )
}

/// What was found, or nothing if the failure says that there is no such thing.
fn unless<T>(found: Result<T, Error>, absent: ErrorNumber) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code().is_known_and(|code| code == absent) => Ok(None),
        Err(error) => Err(error),
    }
}
