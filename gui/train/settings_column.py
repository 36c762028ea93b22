"""The left column: what to train on, what to train, how; and the one filled button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.errors import CodebrushError, OptionFault
from engine.training.names import check_name
from gui import theme
from gui.dialogs.choose_file import FileChooser
from gui.frame.lines import line
from gui.state.start_request import StartRequest
from gui.train.choices import CardChoice, family_choice
from gui.train.data_panel import DataPanel
from gui.train.option_fields import text_of
from gui.train.options_form import OptionsForm
from gui.train.words import ACTIVE, duration_words, family_title
from gui.workers.data_look import data_title
from gui.workers.job import Ticket, Worker
from gui.workers.train_form import FormReader, PresetOffer, TrainForm

WIDTH = 320
FIRST_FAMILY, FIRST_DATA = "vqvae", "emoji"
_LENGTHS = ("quick", "good", "best")
_TITLES = {"quick": "Quick look", "good": "Good", "best": "Best"}
_FORM_KEY, _TIME_KEY = "form", "seconds"
_OF_THE_RUN = ("steps", "seed", "device")
_ANY_DEVICE = "auto"


class SettingsColumn(QWidget):
    """Asks for a new run by `start_asked`; pauses, resumes and stops the one on show."""

    start_asked = Signal(object)  # StartRequest
    pause_asked = Signal()  # or resume
    stop_asked = Signal()
    renamed = Signal()  # the name should be offered anew: family or data have changed

    def __init__(
        self,
        desk: Worker,
        models: Worker,
        reader: FormReader,
        chooser: FileChooser,
        parent: QWidget | None = None,
    ) -> None:
        """`desk` looks at data, which may take long; forms are read on `models`, where torch is."""
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._models, self._reader = models, reader
        self._shown: TrainForm | None = None
        self._seconds: dict[str, float] = {}
        self._waiting: dict[str, str] = {}  # options to put in once the form is there
        self._fills = False  # with them alone: what was changed by hand goes
        self._form_ticket: Ticket | None = None
        self._time_tickets: list[Ticket] = []
        self._named_by_hand = False
        self._begun = False
        self.data = DataPanel(desk, chooser, self)
        self.family = family_choice(self)
        self.family.choose(FIRST_FAMILY)
        self.preset = CardChoice("Preset", side_by_side=True, parent=self)
        self.form = OptionsForm(self)
        self.name, self.name_fault = QLineEdit(self), QLabel(self)
        self.start = QPushButton("Start", self)
        self.pause = QPushButton("Pause", self)
        self.stop = QPushButton("Stop and keep", self)
        self.hint = QLabel(self)
        self._arrange()
        self._connect()
        self.follow_status("idle")

    def begin(self) -> None:
        """Look at the first data set, when somebody sees the column for the first time."""
        if not self._begun:
            self._begun = True
            if self.data.name:
                self._read_form()
            else:
                self.data.choose(FIRST_DATA)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._shown is not None:
            self._ask_times(self._shown)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._cancel_times()  # the worker is wanted for painting now

    # What is asked for

    @property
    def request(self) -> StartRequest:
        """What the form says now; only what differs from the family's own settings is said."""
        values = self.form.values()
        said = []
        if self._shown is not None:
            begins = {field.name: field for field in self._shown.fields if field.name not in _OF_THE_RUN}
            for name, field in begins.items():
                if text_of(values[name]) != text_of(field.default):
                    said.append(field.setting(values[name]))
        device = str(values.get("device", _ANY_DEVICE))
        return StartRequest(
            name=self.name.text().strip(),
            family=self.family.key,
            data=self.data.name,
            steps=int(values["steps"]) if "steps" in values else None,
            seed=int(values.get("seed", 0)),
            device=None if device == _ANY_DEVICE else device,
            settings=tuple(said),
        )

    def fill(self, request: StartRequest) -> None:
        """Put another run's settings into the form."""
        values = dict(setting.split("=", 1) for setting in request.settings)
        values |= {"seed": str(request.seed), "device": request.device or _ANY_DEVICE}
        if request.steps is not None:
            values["steps"] = str(request.steps)
        self._waiting, self._fills = values, True
        self._named_by_hand = False
        self.offer_name(request.name)
        self.family.choose(request.family)
        if request.data != self.data.name:
            self.data.choose(request.data)
        else:
            self._read_form()

    def offer_name(self, name: str) -> None:
        """A name for the next run, unless one was typed."""
        if not self._named_by_hand:
            self.name.setText(name)
            self._judge()

    def forget_name(self) -> None:
        """The run has begun: the next one is to be offered a name."""
        self._named_by_hand = False

    def offer_data(self, recent: Sequence[str]) -> None:
        self.data.offer(recent)

    def follow_status(self, status: str) -> None:
        """Start where the run on show rests; pause, resume and stop where it is active."""
        active = status in ACTIVE
        had_focus = any(button.hasFocus() for button in (self.start, self.pause, self.stop))
        self.start.setVisible(not active)
        for button in (self.pause, self.stop):
            button.setVisible(active)
        self.pause.setEnabled(status in ("training", "paused"))
        self.stop.setEnabled(status != "stopping")
        self.pause.setText("Resume" if status == "paused" else "Pause")
        theme.restyle(self.pause, "role", "primary" if status == "paused" else "")
        self._judge()
        if had_focus:  # or Qt would put it far away; never on Stop, which the next Space would press
            first = next((b for b in (self.start, self.pause) if b.isVisible() and b.isEnabled()), self.name)
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    # Reading the form

    def _choose_family(self) -> None:
        self._read_form()
        self.renamed.emit()

    def _choose_data(self) -> None:
        self._read_form()
        self.renamed.emit()

    def _read_form(self) -> None:
        self._cancel()
        self._seconds = {}
        self._show_presets()
        family, data = self.family.key, self.data.name
        if not data:
            return
        self._form_ticket = self._models.run(
            lambda ticket: self._reader.read(family, data, ticket),
            on_done=self._take_form,
            on_error=self._stumble,
            key=_FORM_KEY,
        )

    def _take_form(self, form: TrainForm) -> None:
        self._shown = form
        with QSignalBlocker(self.form):
            self.form.show_fields(form.fields)
        self._show_presets()
        if self._fills:
            self.form.reset_some(list(self.form.fields))
        self._begin_from_preset()
        self.form.put(self._waiting)
        self._waiting, self._fills = {}, False
        self._judge()
        self._ask_times(form)

    def _ask_times(self, form: TrainForm) -> None:
        for offer in form.presets:
            if offer.key not in self._seconds:
                self._ask_time(form, offer)

    def _ask_time(self, form: TrainForm, offer: PresetOffer) -> None:
        def take(seconds: float) -> None:
            self._seconds[offer.key] = seconds
            self._show_presets()
            self._judge()

        self._time_tickets.append(
            self._models.run(
                lambda ticket: self._reader.seconds(form, offer, ticket),
                on_done=take,
                on_error=lambda _: None,  # no time is said then
                key=(_TIME_KEY, offer.key),
            )
        )

    def _stumble(self, error: CodebrushError) -> None:
        self._shown = None
        self._say(str(error), "bad")
        self.start.setEnabled(False)

    def _cancel(self) -> None:
        """The form that is being read, and the times, are of something else now."""
        if self._form_ticket is not None:
            self._form_ticket.cancel()
        self._cancel_times()

    def _cancel_times(self) -> None:
        for ticket in self._time_tickets:
            ticket.cancel()
        self._time_tickets.clear()

    def _show_presets(self) -> None:
        offers = self._shown.presets if self._shown is not None else ()
        lines = {offer.key: (offer.title, offer.tip) for offer in offers}
        cards = lines or {key: (_TITLES[key], "") for key in _LENGTHS}
        self.preset.show_cards(
            {key: (title, self._time_words(key), tip) for key, (title, tip) in cards.items()}
        )

    def _time_words(self, key: str) -> str:
        return f"about {duration_words(self._seconds[key])}" if key in self._seconds else "..."

    def _begin_from_preset(self) -> None:
        if self._shown is None:
            return
        offer = next((o for o in self._shown.presets if o.key == self.preset.key), None)
        defaults = {field.name: field.default for field in self._shown.fields}
        if offer is not None:
            defaults |= {**offer.settings, "steps": offer.steps}
        self.form.begin_from(defaults)

    def _choose_preset(self) -> None:
        self.form.reset_some(("steps",))  # the length is what one chooses here
        self._begin_from_preset()
        self._judge()

    # Whether it can start

    def fault(self) -> str:
        """Why nothing can be started; empty where it can."""
        if self.data.fault.text() or not self.data.name:
            return "Choose data that can be read first"
        look = self.data.look
        if self.family.key == "cvae" and look is not None and not look.is_labelled:
            return "CVAE needs labels: sub-folders whose names say what is in them"
        if self._shown is None:
            return "One moment"
        return self.name_fault.text()

    def _judge(self) -> None:
        try:
            check_name(self.name.text().strip())
            self.name_fault.clear()
        except OptionFault as error:
            self.name_fault.setText(str(error) if self.name.text().strip() else "A run needs a name")
        self.name_fault.setVisible(bool(self.name_fault.text()))
        fault = self.fault()
        self.start.setEnabled(not fault)
        self.start.setToolTip(fault or "Train a new run with these settings")
        shown = "" if fault == self.name_fault.text() or not self.start.isVisibleTo(self) else fault
        self._say(shown or self._expectation(), "warn" if shown and self._shown is not None else "caption")

    def _expectation(self) -> str:
        """How long the steps asked for will take."""
        offers = self._shown.presets if self._shown is not None else ()
        offer = next((o for o in offers if o.key == self.preset.key), None)
        if offer is None or offer.key not in self._seconds or not self.start.isVisibleTo(self):
            return ""
        seconds = self._seconds[offer.key] * (self.request.steps or offer.steps) / offer.steps
        what = f"{family_title(self.family.key)} on {data_title(self.data.name)}"
        return f"{what}, about {duration_words(seconds)}"

    def _say(self, text: str, role: str) -> None:
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        theme.restyle(self.hint, "role", role)

    # Making

    def _connect(self) -> None:
        self.data.chosen.connect(self._choose_data)
        self.data.looked.connect(self._judge)
        self.family.chosen.connect(self._choose_family)
        self.preset.chosen.connect(self._choose_preset)
        self.form.changed.connect(self._judge)
        self.name.textEdited.connect(self._name_typed)
        self.start.clicked.connect(lambda: self.start_asked.emit(self.request))
        self.pause.clicked.connect(self.pause_asked)
        self.stop.clicked.connect(self.stop_asked)

    def _name_typed(self, text: str) -> None:
        self._named_by_hand = bool(text.strip())
        self._judge()

    def _arrange(self) -> None:
        content = QWidget(self)
        sections = QVBoxLayout(content)
        sections.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_4)
        sections.setSpacing(theme.SPACE_2)
        for title, part in (
            ("Data", self.data),
            ("Family", self.family),
            ("Length", self.preset),
            ("Options", self.form),
        ):
            if sections.count():
                sections.addSpacing(theme.SPACE_3)
            heading = QLabel(title, self)
            heading.setProperty("role", "title")
            sections.addWidget(heading)
            sections.addWidget(part)
        sections.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(scroll, 1)
        rows.addWidget(line(Qt.Orientation.Horizontal, self))
        rows.addWidget(self._foot())

    def _foot(self) -> QWidget:
        foot = QWidget(self)
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        named, buttons = QHBoxLayout(), QHBoxLayout()
        for row in (named, buttons):
            row.setSpacing(theme.SPACE_2)
        label = QLabel("Name", foot)
        label.setProperty("role", "secondary")
        label.setBuddy(self.name)
        self.name.setAccessibleName("Name of the run")
        self.name.setToolTip("The run's folder gets this name")
        named.addWidget(label)
        named.addWidget(self.name, 1)
        self.name_fault.setProperty("role", "bad")
        for note in (self.name_fault, self.hint):
            note.setWordWrap(True)
        self.start.setProperty("role", "primary")
        self.pause.setToolTip("Waits where it is, and keeps its memory")
        self.stop.setToolTip("Saves a snapshot to go on from, and ends")
        for button in (self.start, self.pause, self.stop):
            buttons.addWidget(button, 1)
        rows.addLayout(named)
        for note in (self.name_fault, self.hint):
            rows.addWidget(note)
        rows.addLayout(buttons)
        return foot
