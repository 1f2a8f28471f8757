//! Long lists, a page at a time.

use serde::{Deserialize, Serialize};

/// Which part of a list is wanted. Pages count from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PageRequest {
    pub page: usize,
    pub size: usize,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, size: 20 }
    }
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub page: usize,
    pub pages: usize,
}

impl<T> Page<T> {
    const MAX_SIZE: usize = 100;

    /// Cuts one page out of everything.
    pub fn cut<I>(all: I, request: PageRequest) -> Self
    where
        I: ExactSizeIterator<Item = T>,
    {
        let size = request.size.clamp(1, Self::MAX_SIZE);
        let page = request.page.max(1);
        let pages = all.len().div_ceil(size);
        Self {
            items: all.skip(size.saturating_mul(page - 1)).take(size).collect(),
            page,
            pages,
        }
    }

    /// The same page of something else.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            page: self.page,
            pages: self.pages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_may_be_short() {
        let page = Page::cut(0..7, PageRequest { page: 3, size: 3 });
        assert_eq!(page.items, [6]);
        assert_eq!(page.pages, 3);
        assert_eq!(page.map(|n| n * 2).items, [12]);
    }
}
