//! Reads the layers of the configuration, the later over the earlier: defaults, file, variables, flags.
//!
//! Every value of every layer is checked against its row of [`KEYS`] before the layers are put together, so that an
//! error can say where the value came from.

use std::collections::HashMap;
use std::path::PathBuf;

use ::config::{FileFormat, Map, Source, Value, ValueKind};

use super::error::{ConfigError, nearest};
use super::key::Key;
use super::keys::{Config, KEYS};
use super::report::InForce;

/// The file that is read where no other is named.
pub const DEFAULT_FILE: &str = "rollcall.toml";
const PREFIX: &str = "ROLLCALL_";
/// Variables that begin like settings and are none: the acting account, the configuration file, fail points of tests.
const OTHER_VARIABLES: &[&str] = &["ROLLCALL_ACCOUNT", "ROLLCALL_CONFIG", "ROLLCALL_FAIL_POINTS"];

/// Where settings are read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The configuration file; it must be there. `None`: no file.
    pub file: Option<PathBuf>,
    /// Environment variables; those that don't begin with `ROLLCALL_` are passed over.
    pub variables: Vec<(String, String)>,
    /// Flags of the command line as `key = value`.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// The file named (else `$ROLLCALL_CONFIG`, else `./rollcall.toml` if there is one), the variables of this process,
    /// and these flags.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let named = variables.iter().find(|(name, _)| name == "ROLLCALL_CONFIG").map(|(_, value)| value.into());
        let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file());
        Self { file: file.or(named).or_else(default), variables, flags }
    }
}

impl Config {
    /// Reads, checks and joins all layers.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let layers = [defaults(), file(sources)?, variables(sources)?, flags(sources)?];
        let mut builder = ::config::Config::builder();
        let mut in_force: Vec<InForce> = Vec::new();
        for key in KEYS {
            let last = layers.iter().rev().find_map(|layer| layer.0.get(key.name));
            in_force.extend(last.map(|setting| InForce::new(key, &setting.text, &setting.origin)));
        }
        for layer in layers {
            layer.check()?;
            builder = builder.add_source(layer);
        }
        let mut config: Self = builder.build()?.try_deserialize()?;
        config.in_force = in_force;
        config.check_together()?;
        Ok(config)
    }

    /// The settings of a machine on which nothing is configured.
    pub fn defaults() -> Result<Self, ConfigError> {
        Self::read(&Sources::default())
    }

    /// Rules that more than one key has a part in.
    fn check_together(&self) -> Result<(), ConfigError> {
        if self.worker.dead_after_s <= 2 * self.worker.heartbeat_s {
            return Err(self.conflict("worker.dead_after_s", "more than twice worker.heartbeat_s"));
        }
        if self.limits.inflated_bytes < self.limits.upload_bytes {
            return Err(self.conflict("limits.inflated_bytes", "no less than limits.upload_bytes"));
        }
        if self.reader.wall_s > self.limits.job_s {
            return Err(self.conflict("reader.wall_s", "no more than limits.job_s"));
        }
        Ok(())
    }

    fn conflict(&self, name: &str, expected: &str) -> ConfigError {
        let found = self.in_force.iter().find(|setting| setting.key == name);
        ConfigError::Value {
            key: name.to_owned(),
            value: found.map(|setting| setting.value.clone()).unwrap_or_default(),
            expected: expected.to_owned(),
            origin: found.map(|setting| setting.source.clone()).unwrap_or_default(),
        }
    }
}

/// One text and the words for where it stood.
#[derive(Debug, Clone)]
struct Setting {
    text: String,
    origin: String,
}

/// The settings of one source by key.
#[derive(Debug, Clone, Default)]
struct Layer(HashMap<String, Setting>);

impl Layer {
    fn set(&mut self, name: &str, text: &str, origin: String) -> Result<(), ConfigError> {
        if row(name).is_none() {
            let hint = nearest(name, KEYS.iter().map(|key| key.name));
            return Err(ConfigError::UnknownKey { key: name.to_owned(), origin, hint });
        }
        self.0.insert(name.to_owned(), Setting { text: text.to_owned(), origin });
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (name, setting) in &self.0 {
            let Some(key) = row(name) else { continue };
            if key.values.parse(&setting.text).is_none() {
                let unit = if key.unit.is_empty() { String::new() } else { format!(" ({})", key.unit) };
                return Err(ConfigError::Value {
                    key: name.clone(),
                    value: InForce::new(key, &setting.text, "").value,
                    expected: format!("{}{unit}", key.values),
                    origin: setting.origin.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ::config::ConfigError> {
        let typed = |(name, setting): (&String, &Setting)| {
            let kind = row(name)?.values.parse(&setting.text)?;
            Some((name.clone(), Value::new(Some(&setting.origin), kind)))
        };
        Ok(self.0.iter().filter_map(typed).collect())
    }
}

fn row(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

fn defaults() -> Layer {
    let setting = |key: &Key| Setting { text: key.default.to_owned(), origin: "default".to_owned() };
    Layer(KEYS.iter().map(|key| (key.name.to_owned(), setting(key))).collect())
}

fn file(sources: &Sources) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    let Some(path) = &sources.file else { return Ok(layer) };
    let origin = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| ConfigError::File {
        path: origin.clone(),
        cause: domain::secret::mask_addresses(&e.to_string()),
    })?;
    let tables = ::config::File::from_str(&text, FileFormat::Toml).collect().map_err(|e| ConfigError::File {
        path: origin.clone(),
        cause: domain::secret::mask_addresses(&e.to_string()),
    })?;
    for (section, value) in tables {
        flatten(&mut layer, &section, value, &origin)?;
    }
    Ok(layer)
}

/// Puts the leaves of a table under their full names.
fn flatten(layer: &mut Layer, name: &str, value: Value, origin: &str) -> Result<(), ConfigError> {
    match value.kind {
        ValueKind::Table(table) => {
            for (key, value) in table {
                flatten(layer, &format!("{name}.{key}"), value, origin)?;
            }
            Ok(())
        }
        ValueKind::Array(_) => Err(ConfigError::Value {
            key: name.to_owned(),
            value: "[…]".to_owned(),
            expected: "one value, not a list".to_owned(),
            origin: origin.to_owned(),
        }),
        _ => layer.set(name, &value.to_string(), origin.to_owned()),
    }
}

fn variables(sources: &Sources) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (variable, text) in &sources.variables {
        let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
        if OTHER_VARIABLES.contains(&variable.as_str()) {
            continue;
        }
        let name = rest.to_lowercase().replace("__", ".");
        let known = row(&name).is_some();
        let all: Vec<String> = KEYS.iter().map(Key::variable).collect();
        if !known {
            let hint = nearest(variable, all.iter().map(String::as_str));
            return Err(ConfigError::UnknownKey { key: variable.clone(), origin: "environment".to_owned(), hint });
        }
        layer.set(&name, text, format!("variable {variable}"))?;
    }
    Ok(layer)
}

fn flags(sources: &Sources) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (name, text) in &sources.flags {
        layer.set(name, text, "command line".to_owned())?;
    }
    Ok(layer)
}
