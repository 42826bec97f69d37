//! Where reports go: resolved once, and never over what the command reads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attncheck::error::Error;
use attncheck::inputs::Inputs;
use attncheck::report::write::WriteError;

use super::{cannot_write, staged, stream};
use crate::cli::{Destination, Destinations, ReportFormat};

/// Links that are followed, at most.
const LINKS: usize = 40;

/// What the name of a plot's file ends in.
const PLOT: &str = "svg";

/// The places of a command's reports: each can be written, no two are one, and none is an input. Nothing else is
/// printed to, so that no command forgets to look.
#[derive(Debug)]
pub struct Places {
    reports: Vec<Place>,
    plots: Option<PathBuf>,
    inputs: Inputs,
}

/// The place of one report.
#[derive(Debug)]
pub struct Place {
    pub format: ReportFormat,
    pub to: To,
}

/// Where a report goes.
#[derive(Debug, Clone)]
pub enum To {
    Stdout,
    /// A named pipe, a device, or an open descriptor: written as it is.
    Stream(PathBuf),
    File {
        /// As it was typed.
        typed: PathBuf,
        /// Where links lead to.
        target: PathBuf,
    },
}

impl Places {
    /// Looks before the work is done whether every report could be written.
    ///
    /// # Errors
    ///
    /// Where one cannot be written, where two would be written to one place, or one over an input.
    pub fn of(destinations: &Destinations, inputs: Inputs) -> Result<Self, Error> {
        let mut places: Vec<Place> = Vec::new();
        for Destination { format, file } in &destinations.reports {
            let to = match file {
                None => To::Stdout,
                Some(path) => To::of(path).map_err(|source| cannot_write(path, source))?,
            };
            if let Some(other) = places.iter().find(|other| other.to.is(&to)) {
                return Err(Error::Twice { place: other.to.name() });
            }
            to.spares(&inputs)?;
            places.push(Place { format: *format, to });
        }
        // Without a slash at its end, which a folder may have.
        let plots = destinations.plots.as_ref().map(|folder| folder.components().collect());
        let places = Self { reports: places, plots, inputs };
        let folder = places.plots.as_deref();
        folder.map_or(Ok(()), |folder| places.spares_plots(folder))?;
        // Only now, since looking makes a file for a moment.
        places.reports.iter().try_for_each(|place| place.to.check(place.format))?;
        folder.map_or(Ok(()), |folder| can_hold(folder).map_err(|source| cannot_write(folder, source)))?;
        Ok(places)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.reports.iter()
    }

    /// The folder of the plots, where they are wanted.
    pub fn plots(&self) -> Option<&Path> {
        self.plots.as_deref()
    }

    /// The place of a plot: in the folder of plots, and neither an input nor the place of a report.
    ///
    /// # Errors
    ///
    /// Where something is there under that name that is read, or written by another.
    pub fn plot(&self, path: &Path) -> Result<To, Error> {
        let to = To::of(path).map_err(|source| cannot_write(path, source))?;
        if let Some(other) = self.reports.iter().find(|other| other.to.is(&to)) {
            return Err(Error::Twice { place: other.to.name() });
        }
        to.spares(&self.inputs)?;
        Ok(to)
    }

    /// Refuses a folder in which a plot might take the place of an input or of a report: which plots there will be is not
    /// known yet, so every file counts that is called like one.
    fn spares_plots(&self, folder: &Path) -> Result<(), Error> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for there in entries.filter(|path| is_plot(path)) {
            self.plot(&there)?;
        }
        // The cache of the hub, in which nothing may be written, or a folder that would take the place of an input.
        let new =
            if folder.is_dir() { folder.join("plot").with_extension(PLOT) } else { folder.to_path_buf() };
        self.plot(&new).map(|_| ())?;
        let within =
            |target: &Path| is_plot(target) && target.parent().is_some_and(|own| same_folder(own, folder));
        match self.reports.iter().find(|place| matches!(&place.to, To::File { target, .. } if within(target)))
        {
            Some(place) => Err(Error::Twice { place: place.to.name() }),
            None => Ok(()),
        }
    }

    /// Whether one of the reports is on standard output.
    pub fn has_stdout(&self) -> bool {
        self.reports.iter().any(|place| matches!(place.to, To::Stdout))
    }
}

fn is_plot(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(PLOT))
}

fn same_folder(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Whether files can be made in a folder, which may have to be made too.
fn can_hold(folder: &Path) -> io::Result<()> {
    let made = match fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    let looked = staged::check(&folder.join(".attncheck-plot"));
    if made {
        fs::remove_dir(folder)?;
    }
    looked
}

impl To {
    fn of(path: &Path) -> io::Result<Self> {
        let target = match resolved(path)? {
            Resolved::Descriptor(1) => return Ok(Self::Stdout),
            Resolved::Descriptor(_) => return Ok(Self::Stream(path.to_path_buf())),
            Resolved::Path(target) => target,
        };
        Ok(match fs::metadata(&target) {
            Ok(found) if !found.is_file() && !found.is_dir() => Self::Stream(target),
            _ => Self::File { typed: path.to_path_buf(), target },
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::Stream(path) | Self::File { typed: path, .. } => path.display().to_string(),
        }
    }

    fn identity(&self) -> Option<Identity> {
        match self {
            Self::Stdout => stream::stdout().ok().and_then(|file| Identity::open(&file)),
            Self::Stream(path) | Self::File { target: path, .. } => Identity::of(path),
        }
    }

    /// Whether another report would be written to the same place.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) => true,
            _ => self.identity().zip(other.identity()).is_some_and(|(own, other)| own.is(&other)),
        }
    }

    /// Refuses a place that holds an input.
    fn spares(&self, inputs: &Inputs) -> Result<(), Error> {
        let over = |role| Error::OverInput { path: self.name().into(), role };
        if let Self::File { target, .. } = self {
            let within = |folder: &Path| folder.canonicalize().is_ok_and(|folder| target.starts_with(folder));
            if let Some((role, _)) = inputs.folders().find(|(_, folder)| within(folder)) {
                return Err(over(role));
            }
        }
        let Some(own) = self.identity() else { return Ok(()) };
        let read = |path: &Path| if path == Path::new("-") { stdin() } else { Identity::of(path) };
        let holds = |path: &Path| read(path).is_some_and(|input| own.is(&input));
        let found = inputs.paths().find(|(role, path)| holds(path) && inputs.is_read(*role, path));
        found.map_or(Ok(()), |(role, _)| Err(over(role)))
    }

    fn check(&self, format: ReportFormat) -> Result<(), WriteError> {
        match self {
            Self::Stdout => stream::check_stdout().map_err(WriteError::Stdout),
            // Opening a named pipe would wait for its reader, and then look to the reader like the end.
            Self::Stream(_) => Ok(()),
            Self::File { typed, target } if format == ReportFormat::Jsonl => {
                // It grows where it stands.
                let new = fs::symlink_metadata(target).is_err();
                let opened = fs::OpenOptions::new().append(true).create(true).open(target);
                let looked = opened.and_then(|_| if new { fs::remove_file(target) } else { Ok(()) });
                looked.map_err(|source| cannot_write(typed, source))
            }
            Self::File { typed, target } => {
                staged::check(target).map_err(|source| cannot_write(typed, source))
            }
        }
    }
}

/// What a path leads to.
enum Resolved {
    /// A descriptor that the process was started with.
    Descriptor(u32),
    /// A path without links, whether or not anything is there.
    Path(PathBuf),
}

/// Follows links, also one that leads nowhere yet.
fn resolved(path: &Path) -> io::Result<Resolved> {
    let descriptors = ["/proc/self/fd", "/dev/fd"].map(|folder| Path::new(folder).canonicalize().ok());
    let mut path = path.to_path_buf();
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    for _ in 0..LINKS {
        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            // A folder such as `..` or `/`, which is refused later.
            return path.canonicalize().map(Resolved::Path);
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new(".")).canonicalize()?;
        if let Some(number) = name.to_str().and_then(|name| name.parse().ok())
            && descriptors.iter().flatten().any(|folder| *folder == parent)
        {
            return Ok(Resolved::Descriptor(number));
        }
        let whole = parent.join(&name);
        match fs::read_link(&whole) {
            Ok(link) => path = parent.join(link),
            Err(_) => return Ok(Resolved::Path(whole)),
        }
    }
    Err(io::Error::other("too many links"))
}

/// What all names of one place have in common.
#[derive(Debug)]
struct Identity {
    /// Of what is there: its device and its number on that.
    inode: Option<(u64, u64)>,
    /// Where it is or would be, in small letters, since some disks tell no others apart.
    path: Option<String>,
}

impl Identity {
    fn is(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            a.is_some() && a == b
        }
        same(self.inode.as_ref(), other.inode.as_ref()) || same(self.path.as_ref(), other.path.as_ref())
    }

    /// `None` where it is a device, which any number of reports may be written to.
    fn of(path: &Path) -> Option<Self> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(is_device) {
            return None;
        }
        let path = match resolved(path) {
            Ok(Resolved::Path(path)) => Some(path.to_string_lossy().to_lowercase()),
            _ => None,
        };
        Some(Self { inode: inode(there.as_ref()), path })
    }

    /// The identity of a file that is open; `None` for a device.
    fn open(file: &fs::File) -> Option<Self> {
        let there = file.metadata().ok().filter(|there| !is_device(there))?;
        Some(Self { inode: inode(Some(&there)), path: None })
    }
}

#[cfg(unix)]
fn is_device(found: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&found.file_type())
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn inode(there: Option<&fs::Metadata>) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    there.map(|there| (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn inode(_: Option<&fs::Metadata>) -> Option<(u64, u64)> {
    None
}

/// Standard input, where it is a file.
#[cfg(unix)]
fn stdin() -> Option<Identity> {
    let own = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().ok()?;
    Identity::open(&own.into())
}

#[cfg(not(unix))]
fn stdin() -> Option<Identity> {
    None
}
