//! `ymir configuration schema`

use super::rendered;
use crate::{
    cli::options::{Context, Format},
    reference::Reference,
    trouble::Result,
};

/// What is printed: JSON, unless YAML is asked for.
pub(super) fn text(cx: &Context) -> Result<String> {
    let variables = cx.variables()?;
    let reference = Reference::of(variables.release())?;
    let networks = reference.networks(&variables);
    let format = if cx.options.output == Format::Yaml { Format::Yaml } else { Format::Json };
    rendered(&reference.schema(&networks), format)
}
