//! Where the secret of a source is kept: put there before the portal hears of it, and taken back where the portal
//! refuses.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::app::Loaded;
use crate::cli::output::Failure;
use crate::config::{SecretPlace, Source, secret_of_file};

/// Added to the name of a file while it is open whether the portal has taken the new secret.
const FORMER: &str = ".former";

/// The places of one source's secrets.
pub(super) struct Place {
    /// Files in order, each once.
    files: Vec<PathBuf>,
    /// Why the files cannot be changed.
    trouble: Option<String>,
    /// Environment variables in order; nobody can set those of another program.
    pub(super) variables: Vec<String>,
}

/// A secret that was put into files, and can be taken back.
#[must_use]
pub(super) struct Put(Vec<Written>);

struct Written {
    file: PathBuf,
    had_text: bool,
}

impl Place {
    pub(super) fn of(loaded: &Loaded, source: &Source) -> Self {
        let mut place = Self { files: Vec::new(), trouble: None, variables: Vec::new() };
        for kept in &source.secret_places {
            match kept {
                SecretPlace::Env(name) => place.variables.push(name.clone()),
                SecretPlace::File(path) => {
                    let shares = |other: &&Arc<Source>| other.name != source.name && other.secret_places.contains(kept);
                    if let Some(other) = loaded.config.sources.values().find(shares) {
                        place.trouble = Some(format!(
                            "sources.{}.secrets: {path} is the secret of the source {} too, which would change with it; \
                             give this source a file of its own",
                            source.name, other.name
                        ));
                    }
                    let file = loaded.base.join(path);
                    if !place.files.contains(&file) {
                        place.files.push(file);
                    }
                }
            }
        }
        place
    }

    /// Whether a new secret can be put here.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.trouble.as_ref().map_or(Ok(()), |trouble| Err(Failure::usage(trouble)))
    }

    /// The file that a new secret goes to; `None` where there are environment variables only.
    pub(super) fn first(&self) -> Option<&Path> {
        self.files.first().map(PathBuf::as_path)
    }

    /// The file that the former secret goes to when it is replaced.
    pub(super) fn second(&self) -> Option<&Path> {
        self.files.get(1).map(PathBuf::as_path)
    }

    /// Whether a secret is missing, or it is open which one the portal has since an earlier change was broken off.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.first().is_some_and(|first| {
            let text = fs::read_to_string(first).ok();
            text.and_then(secret_of_file).is_none() || former(first).exists()
        })
    }

    /// Write `fresh` into the first file and, where `keeps_former` says so, what stood there into the second one.
    pub(super) fn put(&self, fresh: &SecretString, keeps_former: bool) -> Result<Put, Failure> {
        let mut put = Put(Vec::new());
        let Some(first) = self.first() else { return Ok(put) };
        let text = Zeroizing::new(fs::read(first).unwrap_or_default());
        let fresh = Zeroizing::new(format!("{}\n", fresh.expose_secret()));
        let second = self.second().filter(|_| keeps_former && !text.is_empty());
        let second = second.map(|second| (second, text.as_slice()));
        for (file, text) in second.into_iter().chain([(first, fresh.as_bytes())]) {
            if let Err(error) = put.write(file, text) {
                put.undo()?;
                return Err(error.into());
            }
        }
        Ok(put)
    }
}

impl Put {
    fn write(&mut self, file: &Path, text: &[u8]) -> anyhow::Result<()> {
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let before = fs::metadata(&file).ok();
        if before.is_some() && !former(&file).exists() {
            let kept = Zeroizing::new(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
            write(&former(&file), &kept, before.as_ref())?;
        }
        self.0.push(Written { file: file.clone(), had_text: before.is_some() });
        write(&file, text, before.as_ref())
    }

    /// The portal has taken it.
    pub(super) fn keep(self) -> Result<(), Failure> {
        for written in self.0.into_iter().filter(|written| written.had_text) {
            let former = former(&written.file);
            fs::remove_file(&former).with_context(|| format!("cannot remove {}", former.display()))?;
        }
        Ok(())
    }

    /// The portal has refused it: what was there before is there again.
    pub(super) fn undo(self) -> Result<(), Failure> {
        for Written { file, had_text } in self.0.into_iter().rev() {
            let done = if had_text { fs::rename(former(&file), &file) } else { fs::remove_file(&file) };
            // What was to be taken back may not have come to be.
            let done = done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) });
            done.with_context(|| format!("cannot put back what {} held", file.display()))?;
        }
        Ok(())
    }

    /// Nobody knows: the next time begins with another secret.
    pub(super) fn leave(self) {}
}

fn former(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(FORMER);
    name.into()
}

/// Write a whole file at once, for its owner's eyes. It stays with the owner it had, who may be the user that the server
/// runs as, and open to a group where that alone was let in.
pub(in crate::cli) fn write(file: &Path, text: &[u8], before: Option<&Metadata>) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let what = || format!("cannot write {}", file.display());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(what)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).with_context(what)?;
    new.write_all(text).with_context(what)?;
    if let Some(before) = before {
        let own = new.as_file().metadata().with_context(what)?;
        if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
            fchown(new.as_file(), Some(before.uid()), Some(before.gid())).with_context(|| {
                format!(
                    "{} belongs to another user, who could not read it afterwards; run this as that user",
                    file.display()
                )
            })?;
        }
        let mode = before.mode();
        let mode = if mode & 0o007 == 0 { 0o600 | mode & 0o060 } else { 0o600 };
        new.as_file().set_permissions(Permissions::from_mode(mode)).with_context(what)?;
    }
    new.as_file().sync_all().with_context(what)?;
    new.persist(file).map_err(|error| error.error).with_context(what)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(what)
}
