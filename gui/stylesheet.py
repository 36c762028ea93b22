"""The style sheet: flat controls on the tones of `gui/theme.py`. Only what the palette cannot say."""

from __future__ import annotations

from string import Template

from gui import theme

# A control is 28 px high with its border; the 2 px border is where the focus ring appears, so that
# nothing moves when it does.
_TEMPLATE = Template("""
QToolTip { background: $RAISED; color: $TEXT; border: 1px solid $LINE; padding: 4px 8px; }
QMainWindow, QDialog { background: $PANEL; }
QWidget[surface="surround"] { background: $SURROUND; }
QWidget[surface="panel"] { background: $PANEL; }
QWidget[surface="raised"] { background: $RAISED; }
MessageBar { border-bottom: 1px solid $LINE; }
QFrame[line="true"] { background: $LINE; border: none; }

QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${TITLE}px; font-weight: 600; }
QLabel[role="secondary"] { color: $SECONDARY; }
QLabel[role="caption"] { color: $SECONDARY; font-size: ${CAPTION}px; }
QLabel[role="warn"] { color: $WARN; }
QLabel[role="bad"] { color: $BAD; }
QLabel:disabled { color: $DISABLED; }

QPushButton {
    background: $RAISED; color: $TEXT; border: 1px solid $LINE; border-radius: ${RADIUS}px;
    min-height: 24px; padding: 1px 12px;
}
QPushButton:hover { background: $HOVER; }
QPushButton:pressed { background: $LINE; }
QPushButton:focus { border: 2px solid $ACCENT; padding: 0px 11px; }
QPushButton:disabled { color: $DISABLED; background: $PANEL; }
QPushButton[role="primary"] {
    background: $ACCENT; color: $ON_ACCENT; border-color: $ACCENT; font-weight: 600;
}
QPushButton[role="primary"]:hover { background: $ACCENT_HOVER; border-color: $ACCENT_HOVER; }
QPushButton[role="primary"]:pressed { background: $ACCENT_DOWN; }
QPushButton[role="primary"]:focus { border: 2px solid $TEXT; }
QPushButton[role="primary"]:disabled { background: $RAISED; color: $DISABLED; border-color: $LINE; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover { background: $HOVER; }
QPushButton[role="quiet"]:focus { border: 2px solid $ACCENT; }
QPushButton[role="fold"] { background: transparent; border-color: transparent; color: $SECONDARY;
    padding: 1px 2px; text-align: left; }
QPushButton[role="fold"]:hover { color: $TEXT; }
QPushButton[role="fold"]:focus { border: 2px solid $ACCENT; padding: 0px 1px; }
QPushButton[role="choice"] { background: transparent; border-color: transparent; color: $SECONDARY;
    padding: 1px 8px; }
QPushButton[role="choice"]:hover { background: $HOVER; }
QPushButton[role="choice"]:checked { background: $CHECKED; color: $TEXT; }
QPushButton[role="choice"]:focus { border: 2px solid $ACCENT; padding: 0px 7px; }
QPushButton::menu-indicator { image: url($ICONS/chevron-down.svg); width: 14px; height: 14px;
    subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }

QToolButton {
    background: transparent; color: $TEXT; border: 2px solid transparent; border-radius: ${RADIUS}px;
    min-width: 24px; min-height: 24px; padding: 0px;
}
QToolButton[popupMode="2"] { padding-right: 18px; padding-left: 6px; }
QToolButton:hover { background: $HOVER; }
QToolButton:pressed { background: $LINE; }
QToolButton:checked { background: $CHECKED; }
QToolButton:focus { border-color: $ACCENT; }
QToolButton:disabled { color: $DISABLED; }
QToolButton::menu-indicator { image: url($ICONS/chevron-down.svg); width: 14px; height: 14px;
    subcontrol-origin: padding; subcontrol-position: center right; right: 3px; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
    background: $RAISED; color: $TEXT; border: 1px solid $LINE; border-radius: ${RADIUS}px;
    selection-background-color: $ACCENT; selection-color: $ON_ACCENT;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: 24px; padding: 1px 8px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $DISABLED; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
    border: 2px solid $ACCENT; padding: 0px 7px;
}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: $DISABLED; }
/* Qt ignores the left padding of a spin box: a number in the middle needs none. */
QSpinBox, QDoubleSpinBox { padding-right: 20px; qproperty-alignment: AlignCenter; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
    subcontrol-origin: border; width: 18px; border: none; background: transparent;
}
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($ICONS/chevron-up.svg); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
    image: url($ICONS/chevron-down.svg); width: 12px; height: 12px;
}
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url($ICONS/chevron-down.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
    background: $RAISED; border: 1px solid $LINE; outline: none; padding: 4px;
    selection-background-color: $CHECKED; selection-color: $TEXT;
}

QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; border: 2px solid transparent; border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: $ACCENT; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; background: $RAISED; border: 1px solid $DISABLED; border-radius: 4px;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $SECONDARY; }
QCheckBox::indicator:checked { background: $ACCENT; border-color: $ACCENT; image: url($ICONS/check.svg); }
QRadioButton::indicator:checked {
    background: $ON_ACCENT; border: 4px solid $ACCENT; width: 8px; height: 8px;
}

QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; background: $LINE; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $SECONDARY; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $TEXT;
}
QSlider::handle:horizontal:focus { background: $ACCENT; }

QMenu { background: $RAISED; border: 1px solid $LINE; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $CHECKED; }
QMenu::item:disabled { color: $DISABLED; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $LINE; margin: 4px 8px; }
QMenuBar { background: $PANEL; padding: 0px; }
QMenuBar::item { padding: 5px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $HOVER; }

QScrollArea, QAbstractScrollArea { border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $LINE; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $DISABLED; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QListView { background: transparent; outline: none; border: none; }
QListView::item { min-height: 26px; padding: 0 8px; border-radius: 4px; }
QListView::item:hover { background: $HOVER; }
QListView::item:selected { background: $CHECKED; color: $TEXT; }

QProgressBar { background: $LINE; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $ACCENT; border-radius: 2px; }
QSplitter::handle { background: $LINE; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
""")

_ACCENT_HOVER = "#86b7ff"
_ACCENT_DOWN = "#5b93e6"


def style_sheet() -> str:
    """The style sheet of the whole application with the theme's tokens filled in."""
    names = ["SURROUND", "PANEL", "RAISED", "HOVER", "LINE", "TEXT", "SECONDARY", "DISABLED"]
    names += ["ACCENT", "ON_ACCENT", "CHECKED", "WARN", "BAD"]
    tokens = {name: getattr(theme, name) for name in names}
    return _TEMPLATE.substitute(
        tokens,
        ACCENT_HOVER=_ACCENT_HOVER,
        ACCENT_DOWN=_ACCENT_DOWN,
        RADIUS=theme.RADIUS,
        TITLE=theme.TITLE_PX,
        CAPTION=theme.CAPTION_PX,
        ICONS=(theme.ICONS / "tinted").as_posix(),
    )
