"""Several things at once, with the async client."""

import asyncio

from chatbot_platform import AsyncChatbotPlatform


async def main() -> None:
    async with AsyncChatbotPlatform() as client:
        names = ["First", "Second", "Third"]
        bots = await asyncio.gather(*(client.bots.create(name=name) for name in names))
        async for bot in client.bots.list(status="active"):
            print(bot.id, bot.name)
        page = await client.bots.list(per_page=2)
        print(len(page.data), page.meta.total)
        await asyncio.gather(*(client.bots.delete(bot.id) for bot in bots))


asyncio.run(main())
