using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd;

/// <summary>A relay with the built-in demo.</summary>
public sealed class DemoRelay() : RelayProcess(["--demo"]);

/// <summary>The page at "/" with the demo: what a person sees first.</summary>
public sealed class StudioTests(DemoRelay relay, Chromium chromium) : RelayTests(relay), IClassFixture<DemoRelay>
{
    /// <summary>Names a file to save a picture of the page in, for the README.</summary>
    private const string ScreenshotVariable = "COMFYSTREAM_SCREENSHOT";

    private static readonly string[] _screens = ["processed", "raw"];

    [Fact]
    public async Task The_page_shows_the_moving_processed_picture_with_the_input_beside_it()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        IPage page = await browser.OpenAsync(Relay.Address);
        await ExpectAsync(page, "the page is live", page.Locator("#state[data-state=live]").WaitForAsync(Patience));
        foreach (string screen in _screens)
            await ExpectMovingAsync(page, screen);
        await ExpectAsync(page, "the background is blurred", WaitForBlurAsync(page));

        Assert.Empty(browser.Problems);
        if (Environment.GetEnvironmentVariable(ScreenshotVariable) is { Length: > 0 } path)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = path });
    }

    [Fact]
    public async Task Publish_my_camera_shows_the_camera_and_its_processed_picture()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        IPage page = await browser.OpenAsync(Relay.Address);
        await ExpectAsync(page, "the camera can be started", page.Locator("#publish:enabled").WaitForAsync(Patience));
        Assert.Equal("background-blur", await page.Locator("#workflow").InputValueAsync());
        await page.Locator("#publish").ClickAsync();
        await ExpectAsync(page, "the camera is published", page.GetByText("Publishing to camera through background-blur").WaitForAsync(Patience));
        foreach (string screen in _screens)
            await ExpectMovingAsync(page, screen);

        await page.Locator("#workflow").SelectOptionAsync("invert");
        await ExpectAsync(page, "the camera is published anew", page.GetByText("Publishing to camera through invert").WaitForAsync(Patience));
        await Eventually.PassesAsync(
            async () => (await Relay.StreamAsync("camera")).GetProperty("workflow").GetString()!, workflow => workflow == "invert", "the camera's workflow is changed");
        await ExpectMovingAsync(page, "processed");

        await page.Locator("#stop").ClickAsync();
        await Eventually.PassesAsync(
            async () => await Relay.Http.GetStringAsync("/processing/status", TestContext.Current.CancellationToken),
            status => !status.Contains("\"channel\": \"camera\"", StringComparison.Ordinal),
            "the camera's channel is gone");
        await ExpectAsync(page, "the page returns to the demo", page.Locator("#state[data-state=live]").WaitForAsync(Patience));
        Assert.Empty(browser.Problems);
    }

    [Fact]
    public async Task The_panel_puts_another_workflow_in_place_and_changes_its_values()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        IPage page = await browser.OpenAsync(Relay.Address);
        await ExpectAsync(page, "the page is live", page.Locator("#state[data-state=live]").WaitForAsync(Patience));
        await page.Locator("#adjust summary").ClickAsync();
        await page.Locator("#live-workflow").SelectOptionAsync("face-blur");
        ILocator effect = page.GetByLabel("effect of node 3");
        await ExpectAsync(page, "the panel shows the new workflow", effect.WaitForAsync(Patience));
        await effect.SelectOptionAsync("pixelate");
        await Eventually.PassesAsync(
            async () => await Relay.Http.GetStringAsync("/streams/demo/pipelines/main/parameters", TestContext.Current.CancellationToken),
            parameters => parameters.Contains("\"value\":\"pixelate\"", StringComparison.Ordinal),
            "the value has changed");
        await ExpectMovingAsync(page, "processed");
        await page.Locator("#live-workflow").SelectOptionAsync("background-blur");
        await ExpectAsync(page, "the background is blurred", WaitForBlurAsync(page));
        Assert.Empty(browser.Problems);
    }

    private static LocatorWaitForOptions Patience => new() { Timeout = (float)Eventually.Limit.TotalMilliseconds };

    /// <summary>Adds to a wait that failed what the page and the relay say.</summary>
    private async Task ExpectAsync(IPage page, string expectation, Task wait)
    {
        try
        {
            await wait;
        }
        catch (TimeoutException)
        {
            string said = await page.InnerTextAsync("body");
            string viewers = await Relay.Http.GetStringAsync("/whep-stats", TestContext.Current.CancellationToken);
            string status = await Relay.Http.GetStringAsync("/processing/status", TestContext.Current.CancellationToken);
            throw new TimeoutException($"Waited in vain: {expectation}. The page says:\n{said}\nThe relay says:\n{viewers}\n{status}");
        }
    }

    /// <summary>Waits until the pixels of a video element are not the same as before.</summary>
    private async Task ExpectMovingAsync(IPage page, string video)
    {
        await ExpectAsync(page, $"the picture in '{video}' moves", page.WaitForFunctionAsync(
            """
            id => {
              const video = document.getElementById(id);
              if (!video.videoWidth) return false;
              const canvas = new OffscreenCanvas(64, 36);
              const context = canvas.getContext("2d");
              context.drawImage(video, 0, 0, 64, 36);
              const pixels = context.getImageData(0, 0, 64, 36).data;
              const changed = (video.shownBefore ?? pixels).filter((value, index) => Math.abs(value - pixels[index]) > 12).length;
              video.shownBefore ??= pixels;
              return changed > 100;
            }
            """,
            video,
            new PageWaitForFunctionOptions { Timeout = (float)Eventually.Limit.TotalMilliseconds, PollingInterval = 250 }));
        await page.EvaluateAsync("id => { delete document.getElementById(id).shownBefore; }", video);
    }

    /// <summary>Waits until the processed picture has lost most edges of the input: the city behind the person is full of them.</summary>
    private static Task WaitForBlurAsync(IPage page) => page.WaitForFunctionAsync(
        """
        () => {
          const sharpness = id => {
            const [width, height] = [1280, 720];
            const context = new OffscreenCanvas(width, height).getContext("2d");
            context.drawImage(document.getElementById(id), 0, 0, width, height);
            const { data } = context.getImageData(0, 0, width, height);
            let sum = 0;
            for (let i = 0; i < data.length - 4; i += 4) sum += Math.abs(data[i + 1] - data[i + 5]);
            return sum;
          };
          return sharpness("processed") < sharpness("raw") / 2;
        }
        """,
        null,
        new PageWaitForFunctionOptions { Timeout = (float)Eventually.Limit.TotalMilliseconds, PollingInterval = 250 });
}
