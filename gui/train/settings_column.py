"""The left column: what to train on, what to train, how; and the one filled button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.errors import CodebrushError
from gui import theme
from gui.dialogs.choose_file import FileChooser
from gui.frame.lines import line
from gui.state.expected_times import ExpectedTimes
from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModel
from gui.train.choices import family_choice
from gui.train.data_panel import DataPanel
from gui.train.length_choice import LengthChoice
from gui.train.model_choice import ModelChoice
from gui.train.option_fields import text_of
from gui.train.options_form import OptionsForm
from gui.train.start_choice import StartChoice
from gui.train.start_foot import StartFoot
from gui.train.words import PRIOR, duration_words, family_title, subject_title
from gui.workers.data_look import data_title
from gui.workers.job import Ticket, Worker
from gui.workers.train_form import FormReader, Subject, TrainForm

WIDTH = 320
FIRST_FAMILY, FIRST_DATA = "vqvae", "emoji"
_FORM_KEY = "form"
_OF_THE_RUN = ("steps", "seed", "device")
_ANY_DEVICE = "auto"
_WAITING = "One moment"
_NO_CODES_YET = "A prior learns the codes of a model: train a VQ-VAE or VQ-VAE-2 first"
_OF_PRIOR = "Whose codes the prior learns\nThe model itself stays as it is"


class SettingsColumn(QWidget):
    """Asks for a new run by `start_asked`; pauses, resumes and stops the one on show."""

    start_asked = Signal(object)  # StartRequest
    pause_asked = Signal()  # or resume
    stop_asked = Signal()
    renamed = Signal()  # the name should be offered anew: what is trained, or on what, has changed

    def __init__(
        self,
        desk: Worker,
        models: Worker,
        reader: FormReader,
        times: ExpectedTimes,
        chooser: FileChooser,
        parent: QWidget | None = None,
    ) -> None:
        """`desk` looks at data, which may take long; forms are read on `models`, where torch is."""
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._models, self._reader, self._times = models, reader, times
        self._shown: TrainForm | None = None
        self._waiting: dict[str, str] = {}  # options to put in once the form is there
        self._fills = False  # with them alone: what was changed by hand goes
        self._form_ticket: Ticket | None = None
        self._form_fault = ""  # why there is none
        self._begun = False
        self.data = DataPanel(desk, chooser, self)
        self.family = family_choice(self)
        self.family.choose(FIRST_FAMILY)
        self.prior = ModelChoice("Model", _OF_PRIOR, parent=self)
        self.start_from = StartChoice(self)
        self.preset = LengthChoice(times, self)
        self.form = OptionsForm(self)
        self.foot = StartFoot(self)
        self.start, self.pause, self.stop = self.foot.start, self.foot.pause, self.foot.stop
        self.name, self.hint = self.foot.name, self.foot.hint
        self._arrange()
        self._connect()
        self._show_prior()
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
            self._times.ask(self._shown.subject)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._times.give_up()  # the processor is wanted for painting now

    # What is asked for

    @property
    def trains_prior(self) -> bool:
        return self.family.key == PRIOR

    @property
    def subject(self) -> Subject | None:
        """What is to be trained; None where something of it is still to be chosen."""
        model = self.prior.model if self.trains_prior else None
        if not self.data.name or (self.trains_prior and model is None):
            return None
        start = self.start_from.model
        place = "" if start is None else start.place
        if model is None:
            return Subject(self.family.key, self.data.name, start_from=place)
        return Subject(model.family, self.data.name, model.place, place)

    @property
    def title(self) -> str:
        """What is to be trained, in words."""
        model = self.prior.model if self.trains_prior else None
        return subject_title(self.family.key, "" if model is None else model.name)

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
        model = self.prior.model if self.trains_prior else None
        start = self.start_from.model
        return StartRequest(
            name=self.foot.run_name,
            family=self.family.key if model is None else model.family,
            data=self.data.name,
            steps=int(values["steps"]) if "steps" in values else None,
            seed=int(values.get("seed", 0)),
            device=None if device == _ANY_DEVICE else device,
            settings=tuple(said),
            prior_of="" if model is None else model.place,
            prior_name="" if model is None else model.name,
            start_from="" if start is None else start.place,
            start_name="" if start is None else start.name,
        )

    def fill(self, request: StartRequest) -> None:
        """Put another run's settings into the form."""
        values = dict(setting.split("=", 1) for setting in request.settings)
        values |= {"seed": str(request.seed), "device": request.device or _ANY_DEVICE}
        if request.steps is not None:
            values["steps"] = str(request.steps)
        self._waiting, self._fills = values, True
        self.foot.forget_name()
        self.offer_name(request.name)
        if request.prior_of:
            of = TrainedModel(request.prior_name, request.prior_of, request.family, request.data)
            self.prior.choose(of)
        start = TrainedModel(request.start_name, request.start_from, request.family, "")
        self.start_from.choose(start if request.start_from else None)
        self.family.choose(PRIOR if request.prior_of else request.family)
        self._show_prior()
        self._take_data(request.data)

    def choose_prior(self, model: TrainedModel) -> None:
        """Get ready to train the prior of a model, on what the model was trained on."""
        self._begun = True
        self.foot.forget_name()
        self.prior.choose(model)
        self.family.choose(PRIOR)
        self._choose_model()
        self.prior.combo.setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(self.prior)

    def offer_name(self, name: str) -> None:
        """A name for the next run, unless one was typed."""
        if self.foot.offer_name(name):
            self._judge()

    def forget_name(self) -> None:
        """The run has begun: the next one is to be offered a name."""
        self.foot.forget_name()

    def offer_data(self, recent: Sequence[str]) -> None:
        self.data.offer(recent)

    def offer_models(self, models: Sequence[TrainedModel], current: TrainedModel | None) -> None:
        """Those whose priors can be trained; the `current` one comes first to mind."""
        before = self.prior.model
        self.prior.offer(models, current)
        if self.trains_prior and self.prior.model != before:
            self._choose_model()

    def offer_starts(self, models: Sequence[TrainedModel]) -> None:
        """Those whose weights, or whose priors', it can begin with; one that is gone by now is looked for."""
        kind = "prior" if self.trains_prior else family_title(self.family.key)
        if self.start_from.offer_of(kind, models):
            self._read_form()

    def follow_status(self, status: str) -> None:
        """Start where the run on show rests; pause, resume and stop where it is active."""
        had_focus = self.foot.has_focus
        self.foot.follow_status(status)
        self._judge()
        if had_focus:
            self.foot.take_focus()

    # Reading the form

    def _choose_family(self) -> None:
        self.start_from.choose(None)  # what was chosen is of another family
        self._show_prior()
        if self.trains_prior:
            self._choose_model()
        else:
            self._choose_data()

    def _choose_model(self) -> None:
        """What the model was trained on is what its codes are about."""
        self.start_from.choose(None)
        self._show_prior()
        model = self.prior.model
        self._take_data(model.data if model is not None else "")
        self.renamed.emit()

    def _take_data(self, data: str) -> None:
        """Choose other data, or read the form for those there are."""
        if data and data != self.data.name:
            self.data.choose(data)
        else:
            self._read_form()

    def _choose_data(self) -> None:
        self._read_form()
        self.renamed.emit()

    def _show_prior(self) -> None:
        for part in (self._prior_title, self.prior):
            part.setVisible(self.trains_prior)

    def _read_form(self) -> None:
        if self._form_ticket is not None:
            self._form_ticket.cancel()  # of something else now
        self._times.give_up()
        self._form_fault = ""
        subject = self.subject
        if subject is None or (self._shown is not None and self._shown.subject != subject):
            self._shown = None
        self.preset.show_form(self._shown)
        self._judge()
        if subject is not None:
            self._form_ticket = self._models.run(
                lambda ticket: self._reader.read(subject, ticket),
                on_done=self._take_form,
                on_error=self._stumble,
                key=_FORM_KEY,
            )

    def _take_form(self, form: TrainForm) -> None:
        self._shown = form
        with QSignalBlocker(self.form):
            self.form.show_fields(form.fields)
        if self._fills:
            self.form.reset_some(list(self.form.fields))
        if self.isVisible():
            self._times.ask(form.subject)
        self.preset.show_form(form)
        self._begin_from_preset()
        self.form.put(self._waiting)
        self._waiting, self._fills = {}, False
        self._judge()

    def _take_times(self) -> None:
        self.preset.show_times()
        self._judge()

    def _stumble(self, error: CodebrushError) -> None:
        self._shown, self._form_fault = None, str(error)
        self._judge()

    def _begin_from_preset(self) -> None:
        if self._shown is None:
            return
        defaults = {field.name: field.default for field in self._shown.fields}
        offer = self.preset.offer
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
        if self.trains_prior and self.prior.model is None:
            return _NO_CODES_YET
        if self.data.fault.text() or not self.data.name:
            return "Choose data that can be read first"
        look = self.data.look
        if self.family.key == "cvae" and look is not None and not look.is_labelled:
            return "CVAE needs labels: sub-folders whose names say what is in them"
        if self._shown is None:
            return self._form_fault or _WAITING
        of_labels = self.start_from.label_fault(self._shown.labels, look)
        return of_labels or self.foot.name_fault.text()

    def _judge(self) -> None:
        self.foot.judge_name()
        fault = self.fault()
        self.foot.allow(fault)
        is_said = fault == self.foot.name_fault.text() or not self.start.isVisibleTo(self)
        role = "bad" if fault == self._form_fault else "caption" if fault == _WAITING else "warn"
        if fault and not is_said:
            self.foot.say(fault, role)
        else:
            self.foot.say(self._expectation(), "caption")

    def _expectation(self) -> str:
        """How long the steps asked for will take."""
        seconds = self.preset.seconds_of(self.request.steps)
        if seconds is None or not self.start.isVisibleTo(self):
            return ""
        return f"{self.title} on {data_title(self.data.name)}, about {duration_words(seconds)}"

    # Making

    def _connect(self) -> None:
        self.data.chosen.connect(self._choose_data)
        self.data.looked.connect(self._judge)
        self.family.chosen.connect(self._choose_family)
        self.prior.chosen.connect(self._choose_model)
        self.start_from.chosen.connect(self._read_form)
        self.preset.chosen.connect(self._choose_preset)
        self.form.changed.connect(self._judge)
        self._times.changed.connect(self._take_times)
        self.foot.renamed.connect(self._judge)
        self.start.clicked.connect(lambda: self.start_asked.emit(self.request))
        self.pause.clicked.connect(self.pause_asked)
        self.stop.clicked.connect(self.stop_asked)

    def _arrange(self) -> None:
        content = QWidget(self)
        sections = QVBoxLayout(content)
        sections.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_4)
        sections.setSpacing(theme.SPACE_2)
        self._add_section(sections, "Data", self.data)
        self._add_section(sections, "Family", self.family)
        self._prior_title = self._add_section(sections, "Model", self.prior)
        self._add_section(sections, "Start from", self.start_from)
        self._add_section(sections, "Length", self.preset)
        self._add_section(sections, "Options", self.form)
        sections.addStretch(1)
        self._scroll = scroll = QScrollArea(self)
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
        rows.addWidget(self.foot)

    def _add_section(self, sections: QVBoxLayout, title: str, part: QWidget) -> QLabel:
        heading = QLabel(title, self)
        heading.setProperty("role", "title")
        if sections.count():
            heading.setContentsMargins(0, theme.SPACE_3 + theme.SPACE_2, 0, 0)
        sections.addWidget(heading)
        sections.addWidget(part)
        return heading
