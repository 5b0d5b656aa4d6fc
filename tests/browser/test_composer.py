"""The composer: what it chooses, draws, keeps, and what it sends only once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.conftest import NewContext, NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


def test_everything_is_preselected(studio: Page) -> None:
    expect(studio.get_by_label("Model")).to_have_value("gpt-image-1-low")
    expect(studio.locator("input[name=ratio]:checked")).to_have_value("1:1")
    expect(studio.locator("input[name=count]:checked")).to_have_value("1")
    expect(studio.locator("#total")).to_have_text("4\u00a0₽")


def test_a_model_limits_ratios_and_sets_the_total(
    house: House, person: Person, studio: Page
) -> None:
    ratios = studio.locator(".ratios label:visible")
    expect(ratios).to_have_text(["1:1", "16:9", "9:16", "4:3", "3:4"])
    studio.get_by_label("Model").select_option("google-imagen-3")
    expect(ratios).to_have_text(["1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"])
    steps.choose(studio, "21:9")
    steps.choose(studio, "3")
    expect(studio.locator("#total")).to_have_text("3 × 10\u00a0₽ = 30\u00a0₽")
    studio.get_by_label("Model").select_option("gpt-image-1-medium")
    expect(ratios).to_have_count(5)
    expect(studio.locator("input[name=ratio]:checked")).to_have_value("1:1")
    expect(studio.locator("#total")).to_have_text("3 × 12\u00a0₽ = 36\u00a0₽")

    steps.choose(studio, "16:9")
    card = steps.order(studio, steps.wish(person), 3)
    expect(studio.locator(".batch .meta")).to_contain_text(
        "GPT Image 1 · medium · 16:9 · 36\u00a0₽"
    )
    expect(studio.locator("article.card")).to_have_count(3)
    box = card.locator(".box").bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.01)
    # The next press has what was chosen last.
    expect(studio.get_by_label("Model")).to_have_value("gpt-image-1-medium")
    expect(studio.locator("input[name=ratio]:checked")).to_have_value("16:9")


def test_a_draft_is_kept_over_a_reload_and_dropped_when_it_is_sent(
    person: Person, studio: Page
) -> None:
    text = steps.wish(person, "A draft\nof two lines")
    steps.prompt(studio).fill(text)
    steps.choose(studio, "9:16")
    steps.choose(studio, "2")
    studio.reload()
    expect(steps.prompt(studio)).to_have_value(text)
    expect(studio.locator("input[name=ratio]:checked")).to_have_value("9:16")
    expect(studio.locator("input[name=count]:checked")).to_have_value("2")
    steps.press(studio)
    expect(studio.locator("article.card")).to_have_count(2)
    expect(steps.prompt(studio)).to_have_value("")
    studio.reload()
    expect(steps.prompt(studio)).to_have_value("")


def test_a_draft_is_nobody_elses(house: House, open_context: NewContext) -> None:
    first, second = house.person(), house.person()
    context = open_context(first)
    page = context.new_page()
    page.goto("/")
    steps.prompt(page).fill("a secret wish")
    second.enter(context)
    page.reload()
    expect(steps.prompt(page)).to_have_value("")


def test_references_are_shown_as_host_and_name_and_never_fetched(
    house: House, person: Person, studio: Page
) -> None:
    links = ["https://example.com/a/long/way/to/fox.png?key=1", "http://pictures.test:8080/s.jpg"]
    studio.get_by_text("References").click()
    studio.get_by_label("Links to pictures").fill("\n".join([*links, "https://gone.test/x.webp"]))
    items = studio.locator(".reference-list li")
    expect(items.locator("span")).to_have_text(
        ["example.com fox.png", "pictures.test:8080 s.jpg", "gone.test x.webp"]
    )
    expect(studio.locator(".reference-count")).to_have_text("3 / 4")
    items.nth(2).get_by_role("button").click()
    expect(items).to_have_count(2)
    text = steps.wish(person)
    card = steps.order(studio, text)
    steps.expect_status(card, "rendering")
    charges = [charge for charge in house.provider.charges() if charge["prompt"] == text]
    assert [charge["images"] for charge in charges] == [links]


def test_a_double_click_is_one_press(house: House, person: Person, studio: Page) -> None:
    text = steps.wish(person)
    steps.prompt(studio).fill(text)
    studio.get_by_role("button", name="Create").dblclick()
    expect(studio.locator("article.card")).to_have_count(1)
    steps.expect_status(studio.locator("article.card"), "rendering")
    assert house.batches(person) == 1
    assert house.charged(person) == [text]


def test_ctrl_enter_twice_is_one_press(house: House, person: Person, studio: Page) -> None:
    """The second one comes while the first is still without an answer."""
    waiting: list[Route] = []
    studio.route("**/batches/", lambda route: waiting.append(route))
    steps.prompt(studio).fill(steps.wish(person))
    with studio.expect_request("**/batches/"):
        studio.keyboard.press("Control+Enter")
    studio.keyboard.press("Control+Enter")
    expect(studio.get_by_role("button", name="Create")).to_be_disabled()
    assert len(waiting) == 1
    waiting[0].continue_()
    expect(studio.locator("article.card")).to_have_count(1)
    assert len(waiting) == 1
    assert house.batches(person) == 1


def test_an_answer_that_is_lost_and_a_second_press_are_one_batch(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    """The connection breaks when the batch is accepted already: the same form is sent again."""
    guard.faults_allowed += ["ERR_FAILED", "htmx:"]
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    studio.route("**/batches/", lose)
    text = steps.wish(person)
    steps.prompt(studio).fill(text)
    steps.press(studio)
    expect(studio.get_by_role("alert")).to_contain_text("What you typed is kept")
    expect(steps.prompt(studio)).to_have_value(text)
    assert lost == [200]
    steps.press(studio)
    expect(studio.locator("article.card")).to_have_count(1)
    expect(studio.get_by_role("alert")).to_have_text("")
    assert house.batches(person) == 1


def test_two_tabs_are_two_presses_and_each_shows_what_happens(
    house: House, person: Person, open_context: NewContext
) -> None:
    house.undo_send(10)
    context = open_context(person)
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.goto("/")
    steps.order(one, steps.wish(person, "The first tab"))
    steps.order(other, steps.wish(person, "The second tab"))
    assert house.batches(person) == 2
    other.reload()
    expect(other.locator("article.card")).to_have_count(2)
    one.get_by_role("button", name="Cancel").click()
    steps.expect_status(one.locator("article.card"), "canceled")
    steps.expect_status(other.locator("article.card").last, "canceled")
    steps.expect_status(other.locator("article.card").first, "queued")


def test_a_price_that_changed_meanwhile_is_asked_about_again(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.expect(422)
    text = steps.wish(person)
    studio.get_by_label("Model").select_option("gpt-image-1-high")
    steps.prompt(studio).fill(text)
    change = "UPDATE gallery_imagemodel SET price_kopecks = ? WHERE remote_id = 'gpt-image-1-high'"
    try:
        house.execute(change, 3050)
        steps.press(studio)
        expect(studio.locator("#model-error")).to_contain_text("30.50\u00a0₽")
        expect(steps.prompt(studio)).to_have_value(text)
        expect(studio.locator("#total")).to_have_text("30.50\u00a0₽")
        assert house.batches(person) == 0
        steps.press(studio)
        expect(studio.locator("article.card")).to_have_count(1)
    finally:
        house.execute(change, 2600)


def test_samples_fill_the_composer(studio: Page) -> None:
    sample = studio.locator("[data-sample]").first
    words = sample.inner_text()
    sample.click()
    expect(steps.prompt(studio)).to_have_value(words)
    expect(steps.prompt(studio)).to_be_focused()


def test_the_composer_grows_with_its_text(studio: Page) -> None:
    before = steps.prompt(studio).bounding_box()
    steps.prompt(studio).fill("line\n" * 8)
    after = steps.prompt(studio).bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"] + 60


def test_without_a_network_the_text_stays(person: Person, visit: NewPage, guard: Guard) -> None:
    guard.faults_allowed += ["ERR_INTERNET_DISCONNECTED", "htmx:"]
    page = visit(person)
    text = steps.wish(person)
    steps.prompt(page).fill(text)
    page.context.set_offline(True)
    steps.press(page)
    expect(page.get_by_role("alert")).to_contain_text("No answer from this server")
    expect(steps.prompt(page)).to_have_value(text)
    page.context.set_offline(False)
    steps.press(page)
    expect(page.locator("article.card")).to_have_count(1)


def test_the_same_once_more_asks_first_and_the_answer_is_one_press(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.expect(422)
    text = steps.wish(person)
    steps.order(studio, text)
    steps.prompt(studio).fill(text)
    steps.choose(studio, "2")
    steps.press(studio)
    question = studio.locator("#question")
    expect(question).to_contain_text("1 picture of exactly this is under way.")
    expect(steps.prompt(studio)).to_have_value(text)
    expect(studio.locator("input[name=count]:checked")).to_have_value("2")
    assert house.batches(person) == 1
    # Neither the keys of the form nor another text is an answer.
    with studio.expect_response("**/batches/") as again:
        studio.keyboard.press("Control+Enter")
    assert again.value.status == 422
    expect(question).to_be_visible()
    steps.prompt(studio).press("End")
    studio.keyboard.type("!")
    expect(question).to_have_count(0)
    studio.keyboard.press("Backspace")
    steps.press(studio)
    question.get_by_role("button", name="Run anyway").dblclick()
    expect(studio.locator("article.card")).to_have_count(3)
    expect(question).to_have_count(0)
    expect(steps.prompt(studio)).to_have_value("")
    assert house.batches(person) == 2


def test_what_is_left_follows_each_press_and_a_total_beyond_it_is_told_before(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.expect(422)
    house.undo_send(600)
    expect(studio.locator("#left")).to_be_hidden()
    limit = "UPDATE gallery_user SET monthly_limit_kopecks = 2000 WHERE username = ?"
    house.execute(limit, person.name)
    studio.reload()
    left, over = studio.locator("#left"), studio.locator("#left .over")
    expect(left).to_contain_text("Your limit for this month: 20\u00a0₽ left.")
    expect(over).to_be_hidden()
    steps.choose(studio, "5")
    expect(over).to_be_hidden()
    steps.choose(studio, "6")
    expect(over).to_be_visible()
    studio.get_by_label("Model").select_option("gpt-image-1-high")
    steps.choose(studio, "1")
    expect(over).to_be_visible()
    studio.get_by_label("Model").select_option("gpt-image-1-low")
    expect(over).to_be_hidden()
    steps.order(studio, steps.wish(person), 3)
    expect(left).to_contain_text("Your limit for this month: 8\u00a0₽ left.")
    steps.choose(studio, "3")
    expect(over).to_be_visible()
    steps.prompt(studio).fill("too many")
    steps.press(studio)
    expect(studio.locator("#composer .error")).to_contain_text("has room for 2 more pictures")
    assert house.batches(person) == 1
    # What is taken back in its place comes back at once, and so does what fails on its way.
    studio.get_by_role("button", name="Cancel").first.click()
    expect(left).to_contain_text("Your limit for this month: 12\u00a0₽ left.")
    expect(over).to_be_hidden()
    house.provider.fault("create", "code-1001", match=studio.locator(".batch-prompt").inner_text())
    house.execute("UPDATE gallery_task SET due_at = datetime('now') WHERE status = ?", "queued")
    expect(left).to_contain_text("Your limit for this month: 20\u00a0₽ left.")
