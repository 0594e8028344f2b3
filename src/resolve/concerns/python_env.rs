//! `ansible_python_interpreter` and `kolla_ansible_target_venv`: the environments of Ansible's modules.

use super::{Class, ansible_user::has_containers, filled, kolla};
use crate::{
    host::concern::{Concern, KayobeVenv, KollaVenv},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let interpreter = filled(reader, "ansible_python_interpreter")?.map(|found| found.value);
    let own = interpreter.filter(|path| !path.starts_with("/bin") && !path.starts_with("/usr/bin"));
    let path = own.and_then(|path| Some(path.rsplit_once("/bin/")?.0.to_owned()));
    let above = filled(reader, "virtualenv_path")?.map(|found| found.value);
    let above = above.filter(|above| path.as_ref().is_some_and(|path| path.starts_with(above)));
    let engine = engine(reader)?.filter(|_| has_containers(reader));
    Ok(Some(
        KayobeVenv {
            path,
            above,
            owner: reader.need::<String>("ansible_user")?.value,
            engine,
            constraints: filled(reader, "pip_upper_constraints_file")?.map(|found| found.value),
        }
        .into(),
    ))
}

pub(super) fn read_of_kolla(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let Some(path) = filled(reader, "kolla_ansible_target_venv")? else { return Ok(None) };
    if !kolla::is_known(reader, class)? {
        return Ok(None);
    }
    Ok(Some(
        KollaVenv {
            path: path.value,
            owner: reader.need::<String>("kolla_ansible_user")?.value,
            group: reader.need::<String>("kolla_ansible_group")?.value,
            engine: engine(reader)?.unwrap_or_else(|| "docker".into()),
            constraints: filled(reader, "kolla_upper_constraints_file")?.map(|found| found.value),
        }
        .into(),
    ))
}

fn engine(reader: &Reader) -> Result<Option<String>> {
    Ok(filled(reader, "container_engine")?.map(|engine| engine.value))
}
