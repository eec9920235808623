//! Maps: the figures of places drawn on their contours, as SVG.
//!
//! A [`Contours`] is a file of GeoJSON; an [`Atlas`] is as much of it as the places of a report need, simplified along
//! borders that neighbours share, drawn once; each map refers to it. Circles are counts by their area, fills are rates in
//! classes of about as many places, circles with a sign are gains and losses. Colours are classes of the page's style, so
//! that they are those of a light ground, of a dark one and of paper. Drawings may be inexact: figures stand in tables.

mod atlas;
mod contours;
mod draw;
mod simplify;

pub use atlas::{Atlas, Named};
pub use contours::{Contours, ContoursError, Flaw};
pub use draw::{Class, Drawn, Figures, Shown};
